import { describe, expect, test } from "vitest";
import { zoneSettings } from "../../objects/zone-settings.ts";
import { ZONE } from "../support/zone.ts";

const problemsOf = (env: Parameters<typeof zoneSettings>[0]) => zoneSettings(env).problems;

describe("the settings of a zone", () => {
  test("are Cloudflare's API, the smallest plan, and purges that erase, unless they say otherwise", () => {
    expect(zoneSettings(ZONE)).toEqual({
      settings: {
        api: "https://api.cloudflare.com/client/v4",
        zoneId: "f".repeat(32),
        token: "a-token",
        plan: { perSecond: 5 / 60, bucket: 25 },
        which: "erase",
      },
      problems: [],
    });
  });

  test.each([
    ["free", 5 / 60, 25],
    ["pro", 5, 25],
    ["business", 10, 50],
    ["enterprise", 50, 500],
  ])("of the plan %s allow so many requests", (ZONE_PLAN, perSecond, bucket) => {
    expect(zoneSettings({ ...ZONE, ZONE_PLAN }).settings?.plan).toEqual({ perSecond, bucket });
  });

  test("are none, and nothing to complain of, where neither zone nor token is set", () => {
    expect(zoneSettings({})).toEqual({ settings: undefined, problems: [] });
    expect(zoneSettings({ ZONE_ID: " ", CF_API_TOKEN: "", ZONE_PLAN: "pro" })).toEqual({
      settings: undefined,
      problems: [],
    });
  });

  test("that are half there are none, and say so", () => {
    expect(zoneSettings({ ZONE_ID: "z" }).settings).toBeUndefined();
    expect(problemsOf({ ZONE_ID: "z" })).toEqual([expect.stringContaining("CF_API_TOKEN: must be set")]);
    expect(problemsOf({ CF_API_TOKEN: "t" })).toEqual([expect.stringContaining("ZONE_ID: must be set")]);
  });

  test("that nobody knows are taken as left out, and say so", () => {
    const { settings, problems } = zoneSettings({ ...ZONE, ZONE_PLAN: "Pro", ZONE_PURGE: "hard" });
    expect(settings).toMatchObject({ plan: { bucket: 25, perSecond: 5 / 60 }, which: "erase" });
    expect(problems).toEqual([
      'ZONE_PLAN: must be "free" or "pro" or "business" or "enterprise"; it is taken as left out',
      'ZONE_PURGE: must be "erase" or "all"; it is taken as left out',
    ]);
  });

  test.each(["https://proxy.example/cf/", "http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:1"])(
    "may name another API: %s",
    (CF_API_URL) => {
      const { settings, problems } = zoneSettings({ ...ZONE, CF_API_URL });
      expect({ api: settings?.api, problems }).toEqual({ api: CF_API_URL.replace(/\/$/, ""), problems: [] });
    },
  );

  test.each([
    "http://proxy.example",
    "ftp://a.example",
    "proxy.example",
    "https://u:p@a.example",
    "https://a.example/?b",
  ])("never send the token to %s", (CF_API_URL) => {
    const { settings, problems } = zoneSettings({ ...ZONE, CF_API_URL });
    expect(settings).toBeUndefined();
    expect(problems).toEqual([expect.stringContaining("CF_API_URL: must be an https URL")]);
  });
});
