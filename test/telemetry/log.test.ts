import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Happening } from "../../schema/events.ts";
import type { Key } from "../../schema/key.ts";
import type { CacheName } from "../../schema/names.ts";
import { lineOf, log, logEvent, readLevelAnew } from "../../src/telemetry/log.ts";

const methods = ["error", "warn", "info", "debug"] as const;
let said: { method: string; line: Record<string, unknown> }[] = [];

beforeEach(() => {
  said = [];
  for (const method of methods) {
    vi.spyOn(console, method).mockImplementation((text: string) => said.push({ method, line: JSON.parse(text) }));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  set(undefined);
});

function set(level: string | undefined): void {
  const settings = env as { LARDER_LOG?: string | undefined };
  if (level === undefined) delete settings.LARDER_LOG;
  else settings.LARDER_LOG = level;
  readLevelAnew();
}

describe("what is logged", () => {
  it.each([
    ["off", []],
    ["error", ["error"]],
    ["warn", ["error", "warn"]],
    [undefined, ["error", "warn"]],
    ["", ["error", "warn"]],
    ["info", ["error", "warn", "info"]],
    ["debug", ["error", "warn", "info", "debug"]],
  ])("at %s is %j, each by the method of its name", (level, shown) => {
    set(level);
    for (const method of methods) log(method, "something");
    expect(said.map(({ method }) => method)).toEqual(shown);
    for (const { method, line } of said)
      expect(line).toEqual({ level: method, at: expect.any(String), message: "larder: something" });
  });

  it("at a level that is none is what warn is, and that is told once", () => {
    set("loud");
    for (const method of methods) log(method, "something");
    expect(said.map(({ line }) => [line["level"], line["message"]])).toEqual([
      ["warn", "larder: must be one of off, error, warn, info, debug; it is taken for warn"],
      ["error", "larder: something"],
      ["warn", "larder: something"],
    ]);
    expect(said[0]?.line).toMatchObject({ setting: "LARDER_LOG", value: "loud" });
  });

  it("is one line, whatever is in it, and never a long one for what somebody else has sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (message, value) => {
        const line = lineOf(
          "warn",
          message,
          { value, many: "x".repeat(10_000), none: undefined },
          new Error(value),
          new Date(0),
        );
        expect(line).not.toMatch(/[\n\r]/);
        const read = JSON.parse(line);
        expect(read).toMatchObject({ level: "warn", at: "1970-01-01T00:00:00.000Z", error: { name: "Error" } });
        expect(read.many).toHaveLength(501);
      }),
    );
    expect(JSON.parse(lineOf("error", "m", {}, "text", new Date(0)))).toMatchObject({ error: { message: "text" } });
  });
});

describe("what happens in a cache is logged by its kind", () => {
  const entry = { key: "https://a.example/?larder=n/pages/GET/" as Key, tags: [], bytes: 3 };
  const events: [Happening, string][] = [
    [{ type: "hit", state: "fresh", entry }, "debug"],
    [{ type: "miss", reason: "absent", key: entry.key }, "debug"],
    [{ type: "purge", seq: 3, purged: 2 }, "info"],
    [{ type: "revoke", seq: 4, revokes: 3, restored: 2 }, "info"],
    [{ type: "fill-failed", key: entry.key, failures: 1, retryAtMs: 0 }, "warn"],
    [{ type: "error", what: "object" }, "warn"],
  ];

  it.each(events)("%j: %s", (event, level) => {
    set("debug");
    logEvent(event, "pages" as CacheName, "rule 1");
    expect(said).toHaveLength(1);
    expect(said[0]?.line).toMatchObject({ level, message: `larder: ${event.type}`, cache: "pages", rule: "rule 1" });
    said = [];
    set("error");
    logEvent(event, undefined, undefined);
    expect(said).toEqual([]);
  });

  it("and tells the key and the size, not the tags", () => {
    set("debug");
    logEvent({ type: "hit", state: "fresh", entry }, "pages" as CacheName, undefined);
    expect(said[0]?.line).toEqual({
      ...{ level: "debug", at: expect.any(String), message: "larder: hit" },
      ...{ cache: "pages", state: "fresh", key: entry.key, bytes: 3 },
    });
  });
});
