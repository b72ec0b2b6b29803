import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newEpoch } from "../../schema/version.ts";
import { Revoked } from "../../src/api/revoked.ts";
import { refusalOf } from "../support/refusal.ts";
import { claims, directory, signed, tokensBy } from "../support/tokens.ts";

const START = 1_800_000_000_000;

/** A directory that counts how often it is asked, and can be away. */
function counted() {
  const state = { asked: 0, isAway: false, revision: "1", ids: ["a"] as string[] };
  const revocations = async (known: string | null) => {
    state.asked += 1;
    if (state.isAway) throw new Error("Network connection lost.");
    return known === state.revision ? { revision: known } : { revision: state.revision, ids: state.ids };
  };
  return { state, revoked: new Revoked(() => ({ revocations })) };
}

describe("what an isolate knows of revoked tokens", () => {
  it("is asked for once in five seconds, and no later than that", async () => {
    const { state, revoked } = counted();
    expect(await revoked.has("a", START)).toBe(true);
    expect(await revoked.has("b", START + 4_999)).toBe(false);
    expect(state.asked).toBe(1);
    Object.assign(state, { revision: "2", ids: ["a", "b"] });
    expect(await revoked.has("b", START + 4_999)).toBe(false);
    expect(await revoked.has("b", START + 5_000)).toBe(true);
    expect(state.asked).toBe(2);
    // What has not changed is not sent again, and is known all the same.
    expect(await revoked.has("b", START + 10_000)).toBe(true);
    expect(await revoked.has("c", START + 10_001)).toBe(false);
    expect(state.asked).toBe(3);
  });

  it("is not gone by when it is older, and the directory cannot be asked: then nobody is let in", async () => {
    const { state, revoked } = counted();
    state.isAway = true;
    expect(await refusalOf(revoked.has("b", START))).toMatchObject({ code: "unreachable" });
    state.isAway = false;
    expect(await revoked.has("b", START)).toBe(false);
    state.isAway = true;
    expect(await revoked.has("b", START + 4_999)).toBe(false);
    const { code, message } = await refusalOf(revoked.has("b", START + 5_000));
    expect([code, message]).toEqual(["unreachable", expect.stringContaining("until then it is not taken")]);
  });

  it("counts from when it was asked for, and not from when the answer came", async () => {
    let answer: (told: { revision: string; ids: string[] }) => void = () => {};
    const revocations = () => new Promise<{ revision: string; ids: string[] }>((resolve) => (answer = resolve));
    const revoked = new Revoked(() => ({ revocations }));
    const first = revoked.has("a", START);
    answer({ revision: "1", ids: [] });
    expect(await first).toBe(false);
    const second = revoked.has("a", START + 5_000);
    answer({ revision: "2", ids: ["a"] });
    expect(await second).toBe(true);
  });

  it("is not trusted when the clock has gone back", async () => {
    const { state, revoked } = counted();
    await revoked.has("a", START);
    await revoked.has("a", START - 1);
    expect(state.asked).toBe(2);
  });
});

describe("a token that is revoked", () => {
  it("is refused by an isolate that asks, also after the directory was evicted, and by others after five seconds", async () => {
    const payload = claims();
    const id = String(payload["jti"]);
    const token = await signed(payload);
    const isolate = tokensBy();
    const nowMs = Date.now();
    expect(await isolate.check(token, nowMs)).toMatchObject({ jti: id });
    await directory().revokeToken(id, {}, "a test");
    expect(await isolate.check(token, nowMs + 4_999)).toMatchObject({ jti: id });
    const refused = { code: "unauthorized", message: `The token ${id} has been revoked; ask for another` };
    expect(await refusalOf(isolate.check(token, nowMs + 5_000))).toEqual(refused);
    await evictDurableObject(env.NAMESPACES.getByName("larder"));
    expect(await refusalOf(tokensBy().check(token, nowMs))).toEqual(refused);
    expect(await tokensBy().check(await signed(claims()), nowMs)).toMatchObject({ jti: expect.not.stringMatching(id) });
  });

  it("is not asked about before it was found to be signed: nobody else makes the directory work", async () => {
    const { state } = counted();
    const tokens = tokensBy(undefined, () => {
      throw new Error(`asked after ${state.asked}`);
    });
    const forged = await signed(claims(), newEpoch().padEnd(32, "x"));
    expect(await refusalOf(tokens.check(forged, Date.now()))).toMatchObject({ code: "unauthorized" });
  });
});
