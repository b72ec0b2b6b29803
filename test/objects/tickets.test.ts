import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import { freshObject } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const START = 1_800_000_000_000;

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  const { stub } = freshObject();
  return { stub, operations: stub as unknown as NamespaceOperations };
}

describe("a ticket", () => {
  it("is good once, for a minute, in its own namespace, and outlives the object's instance", async () => {
    const { stub, operations } = setUp();
    const { ticket, expiresAt } = await operations.ticket();
    expect(expiresAt).toEqual(new Date(START + 60_000));
    expect(ticket).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const elsewhere = freshObject().stub as unknown as NamespaceOperations;
    expect(await refusalOf(elsewhere.redeem(ticket))).toMatchObject({ code: "unauthorized", field: "ticket" });
    await evictDurableObject(stub);
    vi.setSystemTime(START + 59_999);
    await operations.redeem(ticket);
    expect(await refusalOf(operations.redeem(ticket))).toMatchObject({ code: "unauthorized", field: "ticket" });
  });

  it("that has run out is refused, and removed when the next is given", async () => {
    const { stub, operations } = setUp();
    const { ticket } = await operations.ticket();
    vi.setSystemTime(START + 60_000);
    expect(await refusalOf(operations.redeem(ticket))).toMatchObject({ code: "unauthorized" });
    await operations.ticket();
    const rows = await runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec("SELECT * FROM tickets").toArray(),
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(ticket);
  });

  it("is one of a thousand at most", async () => {
    const { operations } = setUp();
    await Promise.all(Array.from({ length: 1_000 }, () => operations.ticket()));
    expect(await refusalOf(operations.ticket())).toMatchObject({ code: "unreachable", limit: 1_000 });
    vi.setSystemTime(START + 60_000);
    expect(await operations.ticket()).toMatchObject({ ticket: expect.any(String) });
  });

  it.each([
    ["", "unauthorized"],
    ["x".repeat(101), "invalid-input"],
    ["not one", "unauthorized"],
  ])("%j is none", async (ticket, code) => {
    const { operations } = setUp();
    expect(await refusalOf(operations.redeem(ticket))).toMatchObject({ code, field: "ticket" });
  });
});
