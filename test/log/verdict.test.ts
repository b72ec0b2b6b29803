import { describe, expect, test } from "vitest";
import type { EntryFacts } from "../../schema/entry.ts";
import { normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { PurgeMode, PurgeRecord, Selector } from "../../schema/purge.ts";
import { PurgeIndex } from "../../src/log/purge-index.ts";
import { byAge, logState, verdict } from "../../src/log/verdict.ts";
import { View } from "../../src/log/view.ts";

const EPOCH = "0123456789abcdef";
const STORED_AT = 1_800_000_000_000;

/** Fresh for 60 seconds, then stale for 30, and for 100 after the 60 if the origin fails. */
const entry: EntryFacts = {
  key: "https://a.example/p/1?larder=n/pages/GET/" as EntryFacts["key"],
  url: normalizeUrl("https://a.example/p/1"),
  cache: "pages" as CacheName,
  tags: ["product:1"] as Tag[],
  permanent: false,
  asOf: { epoch: EPOCH, seq: 5 },
  storedAtMs: STORED_AT,
  initialAgeSeconds: 0,
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 100,
  keepSeconds: 0,
};

/** A view with one record, the newest. */
function viewWith({ seq = 5, floor = 0, selector = { tags: ["other"] as Tag[] } as Selector } = {}): View {
  return viewOf([{ seq, mode: "hard", selectors: [selector] }], floor);
}

function viewOf(records: readonly PurgeRecord[], floor = 0): View {
  return new View({ epoch: EPOCH, head: records.at(-1)?.seq ?? 0, floor }, new PurgeIndex(records));
}

/** A purge of everything. */
function purge(seq: number, mode: PurgeMode = "hard"): PurgeRecord {
  return { seq, mode, selectors: [{}] };
}

function judgedAfter(seconds: number, overrides: Partial<EntryFacts> = {}, view = viewWith()) {
  return verdict({ ...entry, ...overrides }, view, STORED_AT + seconds * 1000);
}

describe("the verdict on an entry no purge has hit", () => {
  test.each([
    [0, "fresh"],
    [59.999, "fresh"],
    [60, "stale"],
    [89.999, "stale"],
    [90, "error-only"],
    [159.999, "error-only"],
    [160, "expired"],
    [1e9, "expired"],
  ])("after %d seconds it is %s", (seconds, state) => {
    expect(judgedAfter(seconds)).toEqual(state === "expired" ? { state } : { state, ageSeconds: seconds });
  });

  test.each([
    ["no windows", { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 }, 60, "expired"],
    ["no window for errors", { staleIfErrorSeconds: 0 }, 89, "stale"],
    ["no window for errors, when its last ends", { staleIfErrorSeconds: 0 }, 90, "expired"],
    ["a window for errors inside the other", { staleIfErrorSeconds: 10 }, 75, "stale"],
    ["a window for errors only", { staleWhileRevalidateSeconds: 0 }, 60, "error-only"],
    ["a lifetime of zero", { ttlSeconds: 0 }, 0, "stale"],
    ["nothing at all", { ttlSeconds: 0, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 }, 0, "expired"],
  ])("with %s it is as its windows say", (_, windows, seconds, state) => {
    expect(judgedAfter(seconds, windows).state).toBe(state);
  });

  test("the age it came with counts", () => {
    expect(judgedAfter(0, { initialAgeSeconds: 59 })).toEqual({ state: "fresh", ageSeconds: 59 });
    expect(judgedAfter(1, { initialAgeSeconds: 59 })).toEqual({ state: "stale", ageSeconds: 60 });
    expect(judgedAfter(0, { initialAgeSeconds: 160 })).toEqual({ state: "expired" });
  });

  test("a clock that was set back makes it no younger than it came", () => {
    expect(judgedAfter(-3600)).toEqual({ state: "fresh", ageSeconds: 0 });
    expect(judgedAfter(-3600, { initialAgeSeconds: 70 })).toEqual({ state: "stale", ageSeconds: 70 });
  });
});

describe("the verdict and the purge log", () => {
  test("a newer purge that hits it ends it while it is fresh, stale or expired, whatever the clock says", () => {
    const view = viewWith({ seq: 6, selector: { tags: ["product:1"] as Tag[] } });
    for (const seconds of [-3600, 0, 60, 90, 160])
      expect(judgedAfter(seconds, {}, view)).toEqual({ state: "purged", by: 6 });
  });

  test("a newer purge of something else does not", () => {
    expect(judgedAfter(0, {}, viewWith({ seq: 6 })).state).toBe("fresh");
  });

  test("a purge its maker knew of does not", () => {
    expect(judgedAfter(0, {}, viewWith({ seq: 5, selector: {} })).state).toBe("fresh");
    expect(judgedAfter(0, { asOf: { epoch: EPOCH, seq: 9 } }, viewWith({ seq: 6, selector: {} })).state).toBe("fresh");
  });

  test("an entry of another epoch is purged, however high its number", () => {
    expect(judgedAfter(0, { asOf: { epoch: "fedcba9876543210", seq: 99 } })).toEqual({ state: "purged", by: 0 });
  });

  test("an entry from below the floor cannot be judged, one from the floor can", () => {
    const view = viewWith({ seq: 9, floor: 5 });
    expect(judgedAfter(0, { asOf: { epoch: EPOCH, seq: 4 } }, view)).toEqual({ state: "unknown" });
    expect(judgedAfter(1e9, { asOf: { epoch: EPOCH, seq: 4 } }, view)).toEqual({ state: "unknown" });
    expect(judgedAfter(0, { asOf: { epoch: EPOCH, seq: 5 } }, view).state).toBe("fresh");
  });

  test("a newer purge is enough to judge an entry from below the floor", () => {
    const below = { asOf: { epoch: EPOCH, seq: 4 } };
    expect(judgedAfter(0, below, viewWith({ seq: 9, floor: 5, selector: {} }))).toEqual({ state: "purged", by: 9 });
    expect(judgedAfter(0, below, viewOf([purge(8, "soft"), purge(9)], 5))).toEqual({ state: "purged", by: 9 });
    expect(judgedAfter(0, below, viewOf([purge(9, "soft")], 5))).toEqual({ state: "unknown" });
    expect(judgedAfter(0, below, viewOf([purge(8), { seq: 9, revokes: 8 }], 5))).toEqual({ state: "unknown" });
  });

  test("one that was taken back does nothing", () => {
    expect(judgedAfter(0, {}, viewOf([purge(6), { seq: 7, revokes: 6 }]))).toEqual({ state: "fresh", ageSeconds: 0 });
  });

  test("the part without a clock says the same of purges, and nothing of age", () => {
    expect(logState(entry, viewWith({ seq: 6, selector: {} }))).toEqual({ state: "purged", by: 6 });
    expect(logState(entry, viewWith())).toEqual({ state: "in-force" });
    expect(logState(entry, viewOf([purge(6, "soft")]))).toEqual({ state: "soft-purged", by: 6 });
    expect(logState(entry, viewWith({ seq: 9, floor: 6 }))).toEqual({ state: "unknown" });
  });

  test("the part with a clock leaves what the log has ended as it is", () => {
    expect(byAge(entry, { state: "purged", by: 6 }, STORED_AT)).toEqual({ state: "purged", by: 6 });
    expect(byAge(entry, { state: "unknown" }, STORED_AT)).toEqual({ state: "unknown" });
    expect(byAge(entry, { state: "in-force" }, STORED_AT)).toEqual({ state: "fresh", ageSeconds: 0 });
  });
});

describe("a soft purge", () => {
  const soft = viewOf([purge(6, "soft")]);
  const none = { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };

  test.each([
    ["both windows", {}, { state: "stale", ageSeconds: 1 }],
    ["a window for errors only", { staleWhileRevalidateSeconds: 0 }, { state: "error-only", ageSeconds: 1 }],
    ["no window for errors", { staleIfErrorSeconds: 0 }, { state: "stale", ageSeconds: 1 }],
    ["no window", none, { state: "purged", by: 6 }],
  ])("makes a fresh entry with %s what it would be after its freshness", (_, windows, verdictOfIt) => {
    expect(judgedAfter(1, windows, soft)).toEqual(verdictOfIt);
  });

  test.each([60, 89, 90, 159, 160, 1e9])("leaves an entry of %d seconds as it is", (seconds) => {
    expect(judgedAfter(seconds, {}, soft)).toEqual(judgedAfter(seconds));
    expect(judgedAfter(seconds, none, soft)).toEqual({ state: "expired" });
  });

  test("that its maker knew of does nothing", () => {
    expect(judgedAfter(1, {}, viewOf([purge(5, "soft")]))).toEqual({ state: "fresh", ageSeconds: 1 });
  });

  test("gives way to a hard one, whichever came first", () => {
    expect(judgedAfter(1, {}, viewOf([purge(6, "soft"), purge(7)]))).toEqual({ state: "purged", by: 7 });
    expect(judgedAfter(1, {}, viewOf([purge(6), purge(7, "soft")]))).toEqual({ state: "purged", by: 6 });
    expect(judgedAfter(1, {}, viewOf([purge(6, "erase"), purge(7, "soft")]))).toEqual({ state: "purged", by: 6 });
  });

  test("stays when the hard one is taken back", () => {
    const view = viewOf([purge(6, "soft"), purge(7), { seq: 8, revokes: 7 }]);
    expect(judgedAfter(1, {}, view)).toEqual({ state: "stale", ageSeconds: 1 });
  });
});
