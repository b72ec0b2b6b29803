import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import { freshObject } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const START = 1_800_000_000_000;
const YEAR_MS = 31_536_000_000;
const SLACK_MS = 300_000;

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  const { stub } = freshObject();
  return { stub, directory: stub as unknown as NamespaceOperations };
}

const at = (ms: number) => new Date(ms).toISOString();

describe("a revocation", () => {
  it("is kept for a year, and listed with who made it", async () => {
    const { stub, directory } = setUp();
    const revoked = { id: "a", at: new Date(START), by: "token", until: new Date(START + YEAR_MS + SLACK_MS) };
    expect(await directory.revokeToken("a", {}, "token")).toEqual(revoked);
    await evictDurableObject(stub);
    expect(await directory.revokedTokens()).toEqual({ tokens: [revoked] });
    vi.setSystemTime(START + YEAR_MS + SLACK_MS - 1);
    expect((await directory.revokedTokens()).tokens).toHaveLength(1);
    vi.setSystemTime(START + YEAR_MS + SLACK_MS);
    expect(await directory.revokedTokens()).toEqual({ tokens: [] });
  });

  it("is forgotten soon after the token's own end, where that is told", async () => {
    const { stub, directory } = setUp();
    await directory.revokeToken("a", { expiresAt: at(START + 1000) }, "token");
    vi.setSystemTime(START + 1000 + SLACK_MS);
    await directory.revokeToken("b", {}, "token");
    const rows = await runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec("SELECT id FROM revoked_tokens").toArray(),
    );
    expect(rows).toEqual([{ id: "b" }]);
  });

  it("made again may last longer, and never less long", async () => {
    const { directory } = setUp();
    await directory.revokeToken("a", { expiresAt: at(START + 5000) }, "first");
    const longer = await directory.revokeToken("a", { expiresAt: at(START + 9000) }, "second");
    expect(longer).toMatchObject({ by: "first", until: new Date(START + 9000 + SLACK_MS) });
    expect(await directory.revokeToken("a", { expiresAt: at(START + 1000) }, "third")).toEqual(longer);
  });

  it("is told to those who do not know it yet, and to nobody else", async () => {
    const { stub, directory } = setUp();
    const none = await directory.revocations(null);
    expect(none.ids).toEqual([]);
    expect(await directory.revocations(none.revision)).toEqual({ revision: none.revision });
    await directory.revokeToken("a", {}, "token");
    const one = await directory.revocations(none.revision);
    expect(one.ids).toEqual(["a"]);
    await evictDurableObject(stub);
    expect(await directory.revocations(one.revision)).toEqual({ revision: one.revision });
    await directory.revokeToken("b", {}, "token");
    expect((await directory.revocations(one.revision)).ids?.slice().sort()).toEqual(["a", "b"]);
  });

  it("is one of ten thousand at most; those there are can be made again", async () => {
    const { stub, directory } = setUp();
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec(
        `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 10000)
         INSERT INTO revoked_tokens (id, at_ms, "by", until_ms) SELECT 'id-' || at, ?, 'a test', ? FROM n`,
        START,
        START + 1000,
      );
    });
    const { code, limit, message } = await refusalOf(directory.revokeToken("more", {}, "token"));
    expect([code, limit, message]).toEqual(["invalid-input", 10_000, expect.stringContaining("change the secret")]);
    expect(await directory.revokeToken("id-1", {}, "token")).toMatchObject({ id: "id-1" });
    vi.setSystemTime(START + 1000);
    expect(await directory.revokeToken("more", {}, "token")).toMatchObject({ id: "more" });
  });

  it.each<[string, object, string]>([
    ["", {}, "id"],
    ["a/b", {}, "id"],
    ["..", {}, "id"],
    ["x".repeat(129), {}, "id"],
    ["a", { expiresAt: at(START) }, "expiresAt"],
    ["a", { expiresAt: "tomorrow" }, "expiresAt"],
    ["a", { expires: at(START + 1000) }, "expires"],
  ])("of %j with %j is refused, and nothing is written", async (id, request, field) => {
    const { directory } = setUp();
    expect(await refusalOf(directory.revokeToken(id, request, "token"))).toMatchObject({
      code: "invalid-input",
      field,
    });
    expect(await directory.revokedTokens()).toEqual({ tokens: [] });
  });
});
