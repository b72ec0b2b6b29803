import { describe, expect, it } from "vitest";
import type { Version } from "../../schema/version.ts";
import { findings, type Looked } from "../../scripts/cli/diagnosis.ts";

const at = "2026-11-27T12:00:00.000Z";
const nowMs = Date.parse(at);
type Look = Looked["looks"][number];

const look: Look = {
  larder: "0.1.0",
  deployment: "v1",
  at,
  cache: { state: "works", ms: 3 },
  view: {
    state: "confirmed",
    version: "0123456789abcdef-7" as Version,
    confirmedSecondsAgo: 1,
    boundSeconds: 5,
  },
  object: {
    ...{ at, version: "0123456789abcdef-7", storageBytes: 1000, purges: 7, recordsNamed: 7, entries: 3, schedules: 0 },
    ...{ listeners: 0, problems: [], ms: 20 },
  } as unknown as Look["object"],
  settings: {
    ...{ ORIGIN: true, LARDER_TOKEN: true, ZONE_ID: false, CF_API_TOKEN: false },
    ...{ CF_VERSION_METADATA: true, LARDER_ANALYTICS: false, LARDER_REFILL: false },
    ...{ LARDER_SECRET: false, LARDER_SECRET_PREVIOUS: false },
    ...{ LARDER_PUBLIC_KEY: false, LARDER_PUBLIC_KEY_PREVIOUS: false },
  },
};

const looked: Looked = {
  looks: [look],
  askedMs: nowMs - 20,
  answeredMs: nowMs + 20,
  zone: undefined,
  version: "0.1.0",
  feed: undefined,
};

/** What is not good, with what was looked at changed. */
function wrong(own: Partial<Looked>) {
  return findings({ ...looked, ...own }).filter(({ state }) => state !== "good");
}

const object = (own: Partial<Look["object"]>) => ({ looks: [{ ...look, object: { ...look.object, ...own } }] });

describe("a diagnosis", () => {
  it("finds nothing wrong where nothing is", () => {
    expect(wrong({})).toEqual([]);
    expect(findings(looked).map(({ what }) => what)).toEqual([
      ...["Version", "Data centre's cache", "Namespace's object", "View of the log", "Clocks", "Live feed"],
      ...["Storage", "Purge log", "Listeners", "Schedules", "Settings"],
    ]);
  });

  it.each<[string, Partial<Looked>, string, string, string]>([
    ["another version", { version: "0.2.0" }, "Version", "unwise", "deploy the coordinator anew"],
    [
      "no binding for versions",
      { looks: [{ ...look, settings: { ...look.settings, CF_VERSION_METADATA: false } }] },
      ...(["Version", "unwise", "version_metadata"] as const),
    ],
    [
      "a cache that keeps nothing",
      { looks: [{ ...look, cache: { state: "keeps-nothing", ms: 1 } }] },
      ...(["Data centre's cache", "bad", "Cloudflare Access"] as const),
    ],
    [
      "a cache that fails",
      { looks: [{ ...look, cache: { state: "fails", ms: 1, error: "no" } }] },
      ...(["Data centre's cache", "bad", "Nothing is cached"] as const),
    ],
    [
      "a cache that does not delete",
      { looks: [{ ...look, cache: { state: "keeps-deleted", ms: 1 } }] },
      ...(["Data centre's cache", "unwise", "Purges hold all the same"] as const),
    ],
    ["a slow object", object({ ms: 900 }), "Namespace's object", "unwise", "Hits do not wait for it"],
    [
      "a view that is confirmed no more",
      { looks: [{ ...look, view: { ...look.view, state: "unconfirmed", confirmedSecondsAgo: 20 } as Look["view"] }] },
      ...(["View of the log", "bad", "60 seconds beyond the bound"] as const),
    ],
    [
      "no view at all",
      { looks: [{ ...look, view: { state: "unreachable" } }] },
      ...(["View of the log", "bad", "are misses after that"] as const),
    ],
    [
      "a view of another log",
      object({ version: "fedcba9876543210-7" as Version }),
      "View of the log",
      "unwise",
      "two objects",
    ],
    ["a clock that is off", { askedMs: nowMs + 5000, answeredMs: nowMs + 5020 }, "Clocks", "unwise", "Set the clock"],
    ["a feed that does not open", { feed: "no WebSocket" }, "Live feed", "bad", "let WebSockets pass"],
    ["much in storage", object({ storageBytes: 9e9 }), "Storage", "unwise", "Split the namespace"],
    ["a long log", object({ recordsNamed: 9000 }), "Purge log", "unwise", "one by one"],
    ["many listeners", object({ listeners: 9000 }), "Listeners", "unwise", "close dashboards"],
    ["many schedules", object({ schedules: 90 }), "Schedules", "unwise", "end some"],
    ["wrong settings", object({ problems: ["ZONE_ID: must be set"] }), "Settings", "bad", "ZONE_ID: must be set."],
    [
      "a zone that refuses",
      { zone: { state: "blocked", pending: 3, sent: 0, requests: 4, refused: 0 } },
      ...(["Purges of the zone", "bad", "Zone → Cache Purge"] as const),
    ],
    [
      "a zone that is slow",
      { zone: { state: "waiting", pending: 3, sent: 0, requests: 4, refused: 0 } },
      ...(["Purges of the zone", "unwise", "by themselves"] as const),
    ],
  ])("finds %s, and says what to do", (_, own, what, state, advice) => {
    expect(wrong(own)).toMatchObject([{ what, state, advice: expect.stringContaining(advice) }]);
  });

  it("is no worse for one slow look, as the first has to start the object", () => {
    expect(wrong({ looks: [{ ...look, object: { ...look.object, ms: 3000 } }, look, look] })).toEqual([]);
  });
});
