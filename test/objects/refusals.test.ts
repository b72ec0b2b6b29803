import { describe, expect, test } from "vitest";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { fill, freshObject, pointOf, report, statsOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const ENTRY = report({ epoch: "0123456789abcdef", seq: 0 });
const { status: _, ...INCOMPLETE } = ENTRY;
const { key: KEY, url: URL_OF, cache: CACHE } = ENTRY;
const PLACE = { key: KEY, url: URL_OF, cache: CACHE };
const TO_JUDGE = { ...PLACE, tags: [], permanent: false, asOf: ENTRY.asOf };
const REPORTER = "0123456789abcdef";

/** The call as a caller makes it that no compiler has checked. */
type Loose = { [Method in keyof NamespaceRpc]: (...args: unknown[]) => Promise<unknown> };

const complete = (entry: object) => (object: Loose) => object.complete({}, { ...ENTRY, ...entry });
const purge = (request: unknown) => (object: Loose) => object.purge({}, request, "a test");
const counting = (counts: unknown, more: object = {}) => ({
  report: { reporter: REPORTER, batch: 1, counts, ...more },
});

describe("bad input to the object is refused, and changes nothing", () => {
  test.each<[string, (object: Loose) => Promise<unknown>, string, number?]>([
    ["a tag with a comma", complete({ tags: ["fine", "a,b"] }), "entry.tags[1]"],
    ["a tag with a space", complete({ tags: ["a b"] }), "entry.tags[0]"],
    ["an empty tag", complete({ tags: [""] }), "entry.tags[0]", 1],
    ["a tag too long", complete({ tags: ["t".repeat(1025)] }), "entry.tags[0]", 1024],
    ["too many tags", complete({ tags: Array.from({ length: 1001 }, (_, at) => `t${at}`) }), "entry.tags", 1000],
    [
      "tags too long in all",
      complete({ tags: Array.from({ length: 17 }, () => "t".repeat(1000)) }),
      "entry.tags",
      16_000,
    ],
    ["no tags at all", complete({ tags: undefined }), "entry.tags"],
    ["a negative lifetime", complete({ lifetimeSeconds: -1 }), "entry.lifetimeSeconds", 0],
    ["a fractional lifetime", complete({ freshSeconds: 1.5 }), "entry.freshSeconds"],
    ["a lifetime that is no number", complete({ freshSeconds: Number.NaN }), "entry.freshSeconds"],
    ["a lifetime without end", complete({ lifetimeSeconds: Number.POSITIVE_INFINITY }), "entry.lifetimeSeconds"],
    ["a cache's name too long", complete({ cache: "n".repeat(129) }), "entry.cache", 128],
    ["a key too long", complete({ key: "k".repeat(16_385) }), "entry.key", 16_384],
    ["a URL too long", complete({ url: `https://a.example/${"p".repeat(8192)}` }), "entry.url", 8192],
    ["a status that is none", complete({ status: 99 }), "entry.status", 200],
    ["bytes below zero", complete({ bytes: -1 }), "entry.bytes", 0],
    ["a version as text", complete({ asOf: "0123456789abcdef-0" }), "entry.asOf"],
    ["a version below zero", complete({ asOf: { epoch: "0123456789abcdef", seq: -1 } }), "entry.asOf.seq", 0],
    ["a field that is none", complete({ ttl: 60 }), "entry.ttl"],
    ["a field that is missing", (object) => object.complete({}, INCOMPLETE), "entry.status"],
    ["no entry", (object) => object.complete({}), "entry"],
    ["an entry that is neither permanent nor not", complete({ permanent: undefined }), "entry.permanent"],
    ["a purge of nothing", purge({}), "input"],
    ["no purge", purge(undefined), "input"],
    ["a purge of two things", purge({ tags: ["a"], everything: true }), "input"],
    ["a purge of a bad tag", purge({ tags: ["a", "b\u0000"] }), "tags[1]"],
    ["a purge of no tags", purge({ tags: [] }), "tags", 1],
    ["a purge of a relative prefix", purge({ prefix: "/p" }), "prefix"],
    ["a purge in a cache of no name", purge({ everything: true, cache: "" }), "cache", 1],
    ["a purge that is half meant", purge({ everything: "false" }), "everything"],
    ["a delete in a cache of a bad name", (object) => object.remove({}, "*", ENTRY.key, "a test"), "cache"],
    ["a delete of a key too long", (object) => object.remove({}, "pages", "k".repeat(16_385), "a test"), "key", 16_384],
    ["a delete of no key", (object) => object.remove({}, "pages", undefined, "a test"), "key"],
    ["a purge by nobody", (object) => object.purge({}, { everything: true }), "by"],
    ["a purge by somebody without a name", (object) => object.purge({}, { everything: true }, ""), "by", 1],
    ["a dry run by nobody", (object) => object.purge({}, { everything: true, dryRun: true }), "by"],
    ["a delete by nobody", (object) => object.remove({}, "pages", ENTRY.key), "by"],
    ["an undoing by nobody", (object) => object.revoke({}, 1), "by"],
    ["an undoing by a name too long", (object) => object.revoke({}, 1, "n".repeat(201)), "by", 200],
    ["a purge with a bad selector", purge({ any: [{ tags: ["a"] }, { tags: ["b c"] }] }), "any[1].tags[0]"],
    ["a purge with a selector of a bad URL", purge({ any: [{ tags: ["a"] }, { url: "/p/1" }] }), "any[1].url"],
    ["a purge that leaves its cache", purge({ any: [{ tags: ["a"], cache: "api" }], cache: "pages" }), "input"],
    ["a purge that is soft and erases", purge({ everything: true, soft: true, erase: true }), "input"],
    ["a purge of less than no entries", purge({ everything: true, maxEntries: -1 }), "maxEntries", 0],
    ["an undoing of no number", (object) => object.revoke({}, "1", "a test"), "seq"],
    ["an undoing of a number between two", (object) => object.revoke({}, 1.5, "a test"), "seq"],
    ["an undoing of what was before the first", (object) => object.revoke({}, 0, "a test"), "seq", 1],
    ["a history without end", (object) => object.history({}, { limit: 201 }), "limit", 200],
    ["a history of nothing", (object) => object.history({}, { limit: 0 }), "limit", 1],
    ["a history before the first", (object) => object.history({}, { before: 0 }), "before", 1],
    ["a history asked for in other words", (object) => object.history({}, { after: 1 }), "after"],
    ["no history", (object) => object.history({}), "input"],
    ["a judgement of no entry", (object) => object.judge({}), "entry"],
    ["a judgement of more than it needs", (object) => object.judge({}, ENTRY), "entry.freshSeconds"],
    ["an explanation of no place", (object) => object.explain({}, undefined, null), "place"],
    ["an explanation of an entry in part", (object) => object.explain({}, PLACE, { key: "k" }), "entry.url"],
    [
      "an explanation by a record that is none",
      (object) => object.explain({}, PLACE, { ...TO_JUDGE, purgedBy: 0 }),
      "entry.purgedBy",
      1,
    ],
    ["an invalidation in no cache", (object) => object.invalidate({}, { urls: [], tags: [] }), "cache"],
    [
      "an invalidation of too many URLs",
      (object) =>
        object.invalidate({}, { cache: "pages", urls: ["1", "2", "3", "4"].map((at) => `https://${at}.a`), tags: [] }),
      "urls",
      3,
    ],
    [
      "an invalidation of too many tags",
      (object) =>
        object.invalidate({}, { cache: "pages", urls: [], tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }),
      "tags",
      64,
    ],
    ["stats of a cache of a bad name", (object) => object.stats({}, { cache: "a b" }), "cache"],
    ["no context", (object) => object.sync(), "context"],
    ["a context with a field that is none", (object) => object.sync({ sinse: null }), "context.sinse"],
    ["a point below zero", (object) => object.sync({ since: { epoch: "", seq: -1 } }), "context.since.seq", 0],
    [
      "a point as text",
      (object) => object.purge({ since: "0123456789abcdef-0" }, { everything: true }, "a test"),
      "context.since",
    ],
    ["a reporter of no form", (object) => object.sync(counting([], { reporter: "me" })), "context.report.reporter"],
    ["a report number of zero", (object) => object.sync(counting([], { batch: 0 })), "context.report.batch", 1],
    [
      "a counter that is none",
      (object) =>
        object.purge(counting([{ cache: "pages", rule: "", counts: { hits: 1 } }]), { everything: true }, "a test"),
      "context.report.counts[0].counts.hits",
    ],
    [
      "a count below zero",
      (object) => object.complete(counting([{ cache: "pages", rule: "", counts: { "hits.fresh": -1 } }]), ENTRY),
      "context.report.counts[0].counts.hits.fresh",
      0,
    ],
    [
      "a count of a rule of a name too long",
      (object) => object.sync(counting([{ cache: "pages", rule: "r".repeat(201), counts: {} }])),
      "context.report.counts[0].rule",
      200,
    ],
    ["stats of no time", (object) => object.stats({}, { windowSeconds: 59 }), "windowSeconds", 60],
    [
      "stats of a time too long",
      (object) => object.stats({}, { windowSeconds: 91 * 86_400 }),
      "windowSeconds",
      7_776_000,
    ],
    ["a series of no window", (object) => object.stats({}, { series: "hour" }), "series"],
    [
      "minutes that are kept no longer",
      (object) => object.stats({}, { windowSeconds: 172_801, series: "minute" }),
      "series",
    ],
    ["stats by what is not told apart", (object) => object.stats({}, { by: "url" }), "by"],
    [
      "a report too long",
      (object) => object.sync(counting(Array.from({ length: 10_001 }, () => ({ cache: "a", rule: "", counts: {} })))),
      "context.report.counts",
      10_000,
    ],
  ])("%s", async (_, call, field, limit) => {
    const { object } = freshObject();
    await fill(object, [{ tags: ["a"] }]);
    const before = { point: await pointOf(object), stats: await statsOf(object) };
    const { message, ...refused } = await refusalOf(call(object as unknown as Loose));
    expect(refused).toEqual({ code: "invalid-input", field, ...(limit === undefined ? {} : { limit }) });
    expect(message.startsWith(`${field}: `)).toBe(true);
    expect({ point: await pointOf(object), stats: await statsOf(object) }).toEqual(before);
  });

  test("a good report that comes with a bad call is not counted, and counts when it comes again", async () => {
    const { object } = freshObject();
    const context = counting([{ cache: "pages", rule: "", counts: { "hits.fresh": 3 } }]);
    const loose = object as unknown as Loose;
    await refusalOf(loose.purge(context, { tags: ["a b"] }));
    expect(await statsOf(object)).toMatchObject({ hits: 0 });
    await loose.sync(context);
    expect(await statsOf(object)).toMatchObject({ hits: 3 });
  });
});
