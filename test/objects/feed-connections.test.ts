import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { limits } from "../../schema/limits.ts";
import { listened } from "../support/listener.ts";
import { purge } from "../support/namespace-object.ts";

type Stub = ReturnType<typeof listened>["stub"];

/** Changes what is attached to each connection of the object. */
function reattach(stub: Stub, change: Readonly<Record<string, unknown>>): Promise<void> {
  return runInDurableObject(stub, (_, ctx) => {
    for (const socket of ctx.getWebSockets()) {
      socket.serializeAttachment({ ...(socket.deserializeAttachment() as object), ...change });
    }
  });
}

describe("a connection", () => {
  it("that its client closes is closed by the object, too, and forgotten", async () => {
    const { stub, listen } = listened();
    const [gone, silent] = [await listen(), await listen()];
    gone.socket.close(1000, "enough");
    await gone.until(({ closed }) => closed !== undefined);
    expect(gone.closed).toEqual({ code: 1000, reason: "enough" });
    // Without a code, which the object may not answer with.
    silent.socket.close();
    await silent.until(({ closed }) => closed !== undefined);
    expect(await runInDurableObject(stub, (_, ctx) => ctx.getWebSockets().length)).toBe(0);
  });

  it("hears at once of the first thing that happens after the object has slept", async () => {
    const { object, stub, listen } = listened();
    const listener = await listen();
    await reattach(stub, { toldAtMs: Date.now() - 5_000 });
    await evictDurableObject(stub);
    await purge(object, { tags: ["a"] });
    await listener.until(({ events }) => events.length === 1);
    const toldMs = (listener.frames.at(-1)?.at.getTime() ?? 0) - (listener.events[0]?.at.getTime() ?? 0);
    expect(toldMs).toBeLessThan(900);
  });

  it("is sent no two frames within a second, though the object has slept between them", async () => {
    const { object, stub, listen } = listened();
    const listener = await listen();
    await evictDurableObject(stub);
    await purge(object, { tags: ["a"] });
    await listener.until(({ events }) => events.length === 1);
    const [first, second] = listener.frames.map(({ at }) => at.getTime());
    // The clock has whole milliseconds, and so have timers.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(999);
  });

  it("whose client may not be reading is closed before much has piled up, and one that pings is not", async () => {
    const { object, stub, listen } = listened();
    const [mute, pinging] = [await listen(), await listen()];
    await reattach(stub, { unanswered: limits.feedUnansweredCharacters + 1 });
    pinging.socket.send("ping");
    await pinging.until(({ texts }) => texts.length === 1);
    await purge(object, { tags: ["a"] });
    await mute.until(({ closed }) => closed !== undefined);
    expect(mute.closed).toEqual({ code: 1008, reason: expect.stringContaining('"ping"') });
    await pinging.until(({ events }) => events.length === 1);
    await purge(object, { tags: ["b"] });
    await pinging.until(({ events }) => events.length === 2);
    expect([mute.events, pinging.closed]).toEqual([[], undefined]);
  });

  it("is told nothing once what opened it has ended, and one that has longer is told", async () => {
    const { object, stub, listen } = listened();
    const ended = await listen();
    await reattach(stub, { untilMs: Date.now() });
    const other = await listen();
    await purge(object, { tags: ["a"] });
    await ended.until(({ closed }) => closed !== undefined);
    expect(ended.closed).toEqual({ code: 1008, reason: expect.stringContaining("connect anew") });
    await other.until(({ events }) => events.length === 1);
    expect(ended.events).toEqual([]);
  });
});
