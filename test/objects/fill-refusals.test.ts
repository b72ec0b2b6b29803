import { beforeEach, describe, expect, test } from "vitest";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { refusalOf } from "../support/refusal.ts";
import { AMS, GRU, inTransit, Site } from "../support/site.ts";

/** The calls as a caller makes them that no compiler has checked. */
type Loose = { [Method in keyof NamespaceRpc]: (...args: unknown[]) => Promise<unknown> };

let site: Site;
let object: Loose;

beforeEach(() => {
  site = new Site();
  object = site.object as unknown as Loose;
});

const LEASE = { key: "k", id: "0123456789abcdef" };
const VARIES = { key: "k", names: ["accept"] };

const ask = (sketch: object) => () => object.acquire({}, { ...site.wish(AMS), ...sketch });
const completed = (completion: unknown) => async () => {
  const { log } = await site.object.sync({});
  return object.complete({}, site.report({ epoch: log.epoch, seq: 0 }), completion);
};
const abandoned = (sketch: object) => () =>
  object.abandon({}, { lease: LEASE, why: "failed", passSeconds: 1, ...sketch });
const offered = (sketch: object) => () =>
  object.offer({}, { place: site.place(), dataCentre: AMS, ...sketch }, new Response("page"));
const landed = (sketch: object) => () => object.landed({}, { key: "k", dataCentre: AMS, ...sketch });

describe("bad input to the fills is refused, and changes nothing", () => {
  test.each<[string, () => Promise<unknown>, string, number?]>([
    ["no ask", () => object.acquire({}), "ask"],
    ["an ask of no context", () => object.acquire(undefined, site.wish(AMS)), "context"],
    ["an ask of a bad context", () => object.acquire({ since: 1 }, site.wish(AMS)), "context.since"],
    ["an ask for no place", ask({ place: undefined }), "ask.place"],
    ["an ask for no key", ask({ place: { key: "", url: "u", cache: "pages" } }), "ask.place.key", 1],
    ["an ask in no cache", ask({ place: { key: "k", url: "u" } }), "ask.place.cache"],
    [
      "an ask for a place that says more",
      ask({ place: { key: "k", url: "u", cache: "p", tags: [] } }),
      "ask.place.tags",
    ],
    ["an ask from a data centre by name", ask({ dataCentre: "ams" }), "ask.dataCentre"],
    ["an ask by who has something else", ask({ have: "fresh" }), "ask.have"],
    ["an ask that would be fresher than that", ask({ freshSeconds: Number.NaN }), "ask.freshSeconds"],
    ["an ask to wait less than no time", ask({ waitMs: -1 }), "ask.waitMs", 0],
    ["an ask to wait for ever", ask({ waitMs: 600_001 }), "ask.waitMs", 600_000],
    ["an ask to lead for ever", ask({ leaseMs: 600_001 }), "ask.leaseMs", 600_000],
    ["an ask to lead for half a millisecond", ask({ leaseMs: 0.5 }), "ask.leaseMs"],
    ["an ask with room for too many", ask({ maxWaiters: 10_001 }), "ask.maxWaiters", 10_000],
    ["an ask in other words", ask({ wait: 1 }), "ask.wait"],
    ["a completion that is none", completed(null), "completion"],
    ["a completion in other words", completed({ leases: [] }), "completion.leases"],
    ["a completion of a lease of no form", completed({ lease: { key: "k", id: "1" } }), "completion.lease.id"],
    ["a completion of a lease on nothing", completed({ lease: { id: LEASE.id } }), "completion.lease.key"],
    ["a completion by a data centre by name", completed({ dataCentre: "ams" }), "completion.dataCentre"],
    [
      "a completion that varies on nothing",
      completed({ varies: { ...VARIES, names: [] } }),
      "completion.varies.names",
      1,
    ],
    [
      "a completion that varies on no header",
      completed({ varies: { ...VARIES, names: ["accept", "a b"] } }),
      "completion.varies.names[1]",
    ],
    [
      "a completion that varies on too much",
      completed({ varies: { ...VARIES, names: Array.from({ length: 17 }, (_, at) => `x-${at}`) } }),
      "completion.varies.names",
      16,
    ],
    ["a completion that varies under no key", completed({ varies: { names: ["a"] } }), "completion.varies.key"],
    ["a completion with a copy of no time", completed({ shield: {} }), "completion.shield.storedAtMs"],
    [
      "a completion with a cache shared with something else",
      completed({ shield: { storedAtMs: 1, sharedWith: "it" } }),
      "completion.shield.sharedWith",
    ],
    ["giving nothing back", () => object.abandon({}), "input"],
    ["giving back a lease of no form", abandoned({ lease: { key: "k", id: 1 } }), "lease.id"],
    ["giving back for no reason", abandoned({ why: undefined }), "why"],
    ["giving back for another reason", abandoned({ why: "bored" }), "why"],
    ["letting pass for less than no time", abandoned({ passSeconds: -1 }), "passSeconds", 0],
    ["letting pass for longer than a day", abandoned({ passSeconds: 86_401 }), "passSeconds", 86_400],
    ["an offer of nothing", () => object.offer({}, undefined, new Response("page")), "offer"],
    ["an offer of a copy from nowhere", offered({ dataCentre: undefined }), "offer.dataCentre"],
    ["an offer of a copy for no place", offered({ place: { key: "k", url: "u" } }), "offer.place.cache"],
    ["an offer by a lease of no form", offered({ lease: "mine" }), "offer.lease"],
    ["a landing of nothing", () => object.landed({}), "landed"],
    ["a landing nowhere", landed({ dataCentre: "" }), "landed.dataCentre"],
    ["a landing under no key", landed({ key: "" }), "landed.key", 1],
    ["a landing in other words", landed({ ok: true }), "landed.ok"],
  ])("%s", async (_, call, field, limit) => {
    const leader = await site.lead(AMS);
    const { message, ...refused } = await refusalOf(call());
    expect(refused).toEqual({ code: "invalid-input", field, ...(limit === undefined ? {} : { limit }) });
    expect(message.startsWith(`${field}: `)).toBe(true);
    expect(await site.rows("leases")).toMatchObject([{ id: leader.lease.id }]);
    expect(await site.rows("notes")).toEqual([]);
    expect((await site.object.stats({}, {})).stats).toMatchObject({ puts: 0, entries: 0 });
  });

  test("a copy that comes with a bad context is not kept", async () => {
    const leader = await site.lead(AMS);
    const entry = site.entry(leader.asOf);
    await site.complete(leader, {}, { shield: { storedAtMs: entry.storedAtMs } });
    const offer = { place: site.place(), dataCentre: AMS, lease: leader.lease };
    const refused = await refusalOf(object.offer({ since: "now" }, offer, inTransit(entry)));
    expect(refused).toMatchObject({ code: "invalid-input", field: "context.since" });
    expect(await caches.default.match(site.place().key)).toBeUndefined();
    // Nor has it ended the waiting for it.
    await site.object.offer({}, offer, inTransit(entry));
    await site.ask(GRU).answer("shield");
  });
});
