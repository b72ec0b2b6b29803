import { describe, expect, test } from "vitest";
import type { EntryFacts } from "../../schema/entry.ts";
import { normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { Selector } from "../../schema/purge.ts";
import { PurgeIndex } from "../../src/log/purge-index.ts";
import { purgeVerdict, verdict } from "../../src/log/verdict.ts";
import { View } from "../../src/log/view.ts";

const EPOCH = "0123456789abcdef";
const STORED_AT = 1_800_000_000_000;

/** Fresh for 60 seconds, then stale for 30, and for 100 after the 60 if the origin fails. */
const entry: EntryFacts = {
  key: "https://a.example/p/1?larder=n/pages/GET/" as EntryFacts["key"],
  url: normalizeUrl("https://a.example/p/1"),
  cache: "pages" as CacheName,
  tags: ["product:1"] as Tag[],
  asOf: { epoch: EPOCH, seq: 5 },
  storedAtMs: STORED_AT,
  initialAgeSeconds: 0,
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 30,
  staleIfErrorSeconds: 100,
};

/** A view with one record, the newest. */
function viewWith({ seq = 5, floor = 0, selector = { tags: ["other"] as Tag[] } as Selector } = {}): View {
  const index = new PurgeIndex();
  index.add({ seq, selector });
  return new View({ epoch: EPOCH, head: seq, floor }, index);
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

  test("the part without a clock says the same of purges, and nothing of age", () => {
    expect(purgeVerdict(entry, viewWith({ seq: 6, selector: {} }))).toEqual({ state: "purged", by: 6 });
    expect(purgeVerdict(entry, viewWith())).toBeUndefined();
    expect(purgeVerdict(entry, viewWith({ seq: 9, floor: 6 }))).toEqual({ state: "unknown" });
  });
});
