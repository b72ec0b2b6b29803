import { describe, expect, test, vi } from "vitest";
import type { NormalUrl } from "../../schema/key.ts";
import type { CacheName } from "../../schema/names.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import { answer, EPOCH, withZone, ZONE } from "../support/zone.ts";

const { goTo } = useObjectClock();

const many = <Made>(count: number, make: (at: number) => Made) => Array.from({ length: count }, (_, at) => make(at));
const EVERYTHING = `larder:${EPOCH}`;

describe("what is queued", () => {
  test("waits half a second for more, and then goes in one request", async () => {
    await withZone(async (under) => {
      under.purgeTags("a");
      expect(under.zone.nextDueMs()).toBe(START + 500);
      await under.zone.run(START + 499);
      expect(under.api.asked).toEqual([]);
      goTo(0.4);
      under.purgeTags("b", "c");
      await under.next();
      expect(Date.now()).toBe(START + 500);
      const [request, ...others] = under.api.asked;
      expect(others).toEqual([]);
      expect(request?.url).toBe(`https://api.cloudflare.com/client/v4/zones/${"f".repeat(32)}/purge_cache`);
      expect(request?.init).toMatchObject({ method: "POST", redirect: "manual" });
      expect(request?.init.headers).toEqual({ authorization: "Bearer a-token", "content-type": "application/json" });
      expect(request?.init.body).toBe('{"tags":["a","b","c"]}');
      expect(under.zone.nextDueMs()).toBeUndefined();
    });
  });

  test("goes by its kind, up to a hundred tags a request, and thirty prefixes or hosts", async () => {
    await withZone(async (under) => {
      under.purgeTags(...many(150, (at) => `t${at}`));
      under.purge(many(40, (at) => ({ prefix: `https://a.example/${at}/` })));
      under.purge(many(40, (at) => ({ prefix: `https://${at}.example/` })));
      await under.drain();
      const sizes = under.api.asked.map(({ field, values }) => `${field} ${values.length}`);
      expect(sizes).toEqual(["tags 100", "tags 50", "prefixes 30", "prefixes 10", "hosts 30", "hosts 10"]);
      expect(under.zone.status(Date.now())).toMatchObject({ state: "idle", pending: 0, sent: 230, requests: 6 });
    });
  });

  test("is queued once, however often it is asked for", async () => {
    await withZone(async (under) => {
      under.purgeTags("a", "b");
      under.purgeTags("A", "c");
      under.purge([{ url: "https://a.example/" as NormalUrl }, { url: "https://a.example/" as NormalUrl }]);
      expect(under.pending).toBe(4);
      await under.drain();
      expect(under.api.asked.map(({ values }) => values.length)).toEqual([4]);
    });
  });

  test("that is asked for again while it is under way goes again: it may have come too early", async () => {
    await withZone(async (under) => {
      under.purgeTags("a", "b");
      under.api.respond = () => {
        if (under.api.asked.length === 1) under.purgeTags("b", "c");
        return answer(200);
      };
      await under.drain();
      expect(under.api.requests).toEqual([
        ["a", "b"],
        ["b", "c"],
      ]);
    });
  });

  test("gives way to everything, and nothing is added to that", async () => {
    await withZone(async (under) => {
      under.purgeTags("a");
      under.purge([{}]);
      under.purgeTags("b");
      under.purge([{ cache: "pages" as CacheName }]);
      expect(under.pending).toBe(1);
      await under.drain();
      under.purgeTags("c");
      await under.drain();
      expect(under.api.requests).toEqual([[EVERYTHING], ["c"]]);
    });
  });

  test("while everything is under way is queued beside it, everything too", async () => {
    await withZone(async (under) => {
      under.purge([{}]);
      const later = [() => under.purgeTags("a"), () => under.purge([{}]), () => under.purgeTags("b")];
      under.api.respond = () => {
        later.shift()?.();
        return answer(200);
      };
      await under.drain();
      expect(under.api.requests).toEqual([[EVERYTHING], ["a"], [EVERYTHING], ["b"]]);
    });
  });

  test("beside everything is not sent by itself when that has come to nothing and goes again", async () => {
    await withZone(async (under) => {
      under.purge([{}]);
      under.api.respond = () => {
        under.purgeTags("a");
        return answer(500);
      };
      await under.next();
      under.api.respond = () => answer(200);
      await under.drain();
      expect(under.api.requests).toEqual([[EVERYTHING], [EVERYTHING]]);
    });
  });

  test("is everything, where there would be more than ten thousand", async () => {
    await withZone(async (under) => {
      for (let purge = 0; purge < 10; purge += 1) under.purgeTags(...many(1000, (at) => `t${purge * 1000 + at}`));
      expect(under.pending).toBe(10_000);
      under.purgeTags("t1");
      expect(under.pending).toBe(10_000);
      under.purgeTags("one-more");
      await under.drain();
      expect(under.api.requests).toEqual([[EVERYTHING]]);
    });
  });
});

describe("which purges go", () => {
  const purgeInAllWays = async (env: typeof ZONE) =>
    withZone(async (under) => {
      for (const mode of ["hard", "soft", "erase"] as const) under.purge([{ tags: [mode as never] }], mode);
      under.zone.logged(
        { seq: 9, mode: "hard", selectors: [{ tags: ["automatic" as never] }], automatic: true },
        Date.now(),
      );
      under.zone.logged({ seq: 10, revokes: 1 }, Date.now());
      await under.drain();
      return under.api.requests.flat();
    }, env);

  test("are those that erase, unless all are wanted; never those that keep entries, nor what follows from a request", async () => {
    expect(await purgeInAllWays(ZONE)).toEqual(["erase"]);
    expect(await purgeInAllWays({ ...ZONE, ZONE_PURGE: "erase" })).toEqual(["erase"]);
    expect(await purgeInAllWays({ ...ZONE, ZONE_PURGE: "all" })).toEqual(["erase", "hard"]);
  });

  test("are none without a zone and a token, and then there is no status", async () => {
    for (const env of [{}, { ZONE_ID: "z" }, { CF_API_TOKEN: "t" }]) {
      expect(await purgeInAllWays(env)).toEqual([]);
      await withZone(async (under) => expect(under.zone.status(Date.now())).toBeUndefined(), env);
    }
  });
});

describe("a request that comes to nothing", () => {
  test.each([
    ["a date", () => ({ "retry-after": new Date(Date.now() + 90_000).toUTCString() }), 90],
    ["seconds", () => ({ "retry-after": "90" }), 90],
  ])("for its number is made again when it is told to, by %s, and not before", async (_, headers, seconds) => {
    await withZone(async (under) => {
      under.purgeTags("a");
      goTo(1);
      under.api.respond = () => answer(429, 10_429, headers());
      await under.next();
      // A date has no parts of a second.
      const waitMs = (under.zone.nextDueMs() ?? 0) - Date.now();
      expect(waitMs).toBeLessThanOrEqual(seconds * 1000);
      expect(waitMs).toBeGreaterThan(seconds * 1000 - 1000);
      expect(under.zone.status(Date.now())).toMatchObject({ state: "waiting", pending: 1, requests: 1, sent: 0 });
      under.purgeTags("b");
      under.api.respond = () => answer(200);
      await under.drain();
      expect(under.api.requests).toEqual([["a"], ["a", "b"]]);
    });
  });

  test("for its number leaves one request for after the pause, since others draw from the account's bucket", async () => {
    await withZone(async (under) => {
      under.api.respond = () => answer(429, 10_429, { "retry-after": "60" });
      under.purgeTags(...many(150, (at) => `t${at}`));
      await under.next();
      under.api.respond = () => answer(200);
      await under.next();
      expect(under.zone.nextDueMs()).toBe(START + 500 + 60_000 + 12_000);
    });
  });

  test("is made again after longer and longer pauses, up to five minutes, and success ends that", async () => {
    await withZone(async (under) => {
      under.random = 1;
      under.api.respond = () => answer(500);
      under.purgeTags("a");
      const pauses: number[] = [];
      for (let request = 0; request < 11; request += 1) {
        await under.next();
        pauses.push(((under.zone.nextDueMs() ?? 0) - Date.now()) / 1000);
      }
      expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
      under.api.respond = () => answer(200);
      await under.drain();
      under.api.respond = () => answer(500);
      under.purgeTags("a");
      await under.next();
      expect(under.zone.nextDueMs()).toBe(Date.now() + 1000);
    });
  });

  test("waits at least half of its pause, and at least as long as it is told", async () => {
    await withZone(async (under) => {
      under.purgeTags("a");
      under.api.respond = () => answer(503);
      await under.next();
      expect(under.zone.nextDueMs()).toBe(Date.now() + 500);
      under.api.respond = () => answer(503, 1, { "retry-after": "30" });
      await under.next();
      expect(under.zone.nextDueMs()).toBe(Date.now() + 30_000);
      under.api.respond = () => answer(429, 1, { "retry-after": "0" });
      await under.next();
      expect(under.zone.nextDueMs()).toBe(Date.now() + 2000);
    });
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ["no answer", () => Promise.reject(new DOMException("The operation timed out", "TimeoutError"))],
    ["an error of the server", () => answer(502)],
    ["success that does not say so", () => new Response("OK")],
    ["success that says it is none", () => Response.json({ success: false, errors: [] })],
    ["a refusal that is not the API's", () => new Response("<h1>Bad request</h1>", { status: 400 })],
  ])("after %s is made again, with all it had", async (_, respond) => {
    await withZone(async (under) => {
      under.purgeTags("a", "b");
      under.api.respond = respond;
      await under.next();
      expect(under.zone.status(Date.now())).toMatchObject({ state: "waiting", pending: 2, sent: 0, refused: 0 });
      under.api.respond = () => answer(200);
      await under.drain();
      expect(under.api.requests).toEqual([
        ["a", "b"],
        ["a", "b"],
      ]);
    });
  });

  test.each([
    ["401", 401, 10_000],
    ["403", 403, 10_000],
    ["404", 404, 7003],
    ["a 400 about the token", 400, 6003],
    ["a 400 about the zone", 400, 7003],
    ["a redirection", 302, undefined],
  ])(
    "for the zone or the token (%s) is made again some ten minutes later, and nothing is lost",
    async (_, status, code) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      await withZone(async (under) => {
        under.purgeTags(...many(120, (at) => `t${at}`));
        under.api.respond = () => answer(status, code);
        await under.next();
        await under.next();
        expect(Date.now()).toBe(START + 500 + 300_000);
        expect(under.zone.status(Date.now())).toMatchObject({ state: "blocked", pending: 120, refused: 0 });
        expect(warn).toHaveBeenCalledOnce();
        under.api.respond = () => answer(200);
        await under.drain();
        expect(under.zone.status(Date.now())).toMatchObject({ state: "idle", sent: 120 });
      });
      warn.mockRestore();
    },
  );
});

describe("an operation that the API refuses", () => {
  test.each([
    ["one", ["t57"]],
    ["three", ["t0", "t57", "t99"]],
  ])("is found and given up, %s of a hundred, and the others go", async (_, bad) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await withZone(async (under) => {
      under.api.respond = ({ values }) =>
        values.some((value) => bad.includes(value)) ? answer(400, 1016) : answer(200);
      const tags = many(100, (at) => `t${at}`);
      under.purgeTags(...tags);
      await under.drain();
      const done = under.api.asked.filter(({ values }) => !values.some((value) => bad.includes(value)));
      const confirmed = done.flatMap(({ values }) => values);
      expect(confirmed.sort()).toEqual(tags.filter((tag) => !bad.includes(tag)).sort());
      // Halved seven times, and twice as many requests at the most.
      expect(under.api.asked.length).toBeLessThanOrEqual(1 + 14 * bad.length);
      expect(under.zone.status(Date.now())).toMatchObject({
        state: "idle",
        sent: 100 - bad.length,
        refused: bad.length,
        lastError: { message: "400: 1016 because", operation: { kind: "tag", value: expect.stringMatching(/^t\d+$/) } },
      });
      expect(warn).toHaveBeenCalledTimes(bad.length);
    });
    warn.mockRestore();
  });

  test("is asked for anew by the next purge of it", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await withZone(async (under) => {
      under.api.respond = () => answer(400, 1016);
      under.purgeTags("a");
      await under.drain();
      under.purgeTags("a");
      under.api.respond = () => answer(200);
      await under.drain();
      expect(under.api.requests).toEqual([["a"], ["a"]]);
    });
    warn.mockRestore();
  });
});

describe("an object that ends", () => {
  test("in the middle of a request sends the same again, and one that has had its answer does not", async () => {
    await withZone(async (under) => {
      under.purgeTags("a", "b");
      await under.drain();
      under.restart();
      expect(under.zone.nextDueMs()).toBeUndefined();
      under.purgeTags("c", "d");
      goTo(60);
      under.api.respond = () => new Promise(() => undefined);
      void under.zone.run(Date.now());
      await vi.waitFor(() => expect(under.api.asked).toHaveLength(2));
      under.restart();
      under.api.respond = () => answer(200);
      await under.drain();
      expect(under.api.requests).toEqual([
        ["a", "b"],
        ["c", "d"],
        ["c", "d"],
      ]);
      expect(under.zone.status(Date.now())).toMatchObject({ sent: 4, requests: 3 });
    });
  });

  test("goes on with the pause that it was told, and with what is left in the bucket", async () => {
    await withZone(async (under) => {
      for (let purge = 0; purge < 25; purge += 1) {
        under.purgeTags(`t${purge}`);
        await under.next();
      }
      expect(Date.now()).toBe(START + 12_500);
      under.restart();
      under.purgeTags("a");
      // Since the first of them twelve seconds have gone by, on the smallest plan worth one more.
      expect(under.zone.nextDueMs()).toBe(START + 13_000);
      await under.next();
      under.purgeTags("b");
      under.restart();
      expect(under.zone.nextDueMs()).toBe(START + 24_500);
      under.api.respond = () => answer(429, 1, { "retry-after": "100" });
      await under.next();
      under.restart();
      expect(under.zone.nextDueMs()).toBe(START + 124_500);
    });
  });

  test("does not take the time in which it was gone for time in which the bucket has filled", async () => {
    await withZone(async (under) => {
      for (let purge = 0; purge < 24; purge += 1) {
        under.purgeTags(`t${purge}`);
        await under.next();
      }
      // One request under way, for as long as a minute.
      under.purgeTags("a");
      vi.setSystemTime(under.zone.nextDueMs() ?? 0);
      under.api.respond = () => new Promise(() => undefined);
      void under.zone.run(Date.now());
      await vi.waitFor(() => expect(under.api.asked).toHaveLength(25));
      goTo(72);
      under.restart();
      under.api.respond = () => answer(200);
      await under.next();
      under.purgeTags("b");
      // One was left when it began, and nothing has come in that minute.
      expect(under.zone.nextDueMs()).toBe(START + 72_000 + 12_000);
    });
  });
});

test("of two runs at once one makes the request", async () => {
  await withZone(async (under) => {
    under.purgeTags("a");
    goTo(1);
    await Promise.all([under.zone.run(Date.now()), under.zone.run(Date.now())]);
    expect(under.api.requests).toEqual([["a"]]);
  });
});

test("the status says since when it waits, until when, and what was wrong last", async () => {
  await withZone(async (under) => {
    const status = () => under.zone.status(Date.now());
    expect(status()).toEqual({ state: "idle", pending: 0, sent: 0, requests: 0, refused: 0 });
    under.purgeTags("a", "b");
    expect(status()).toEqual({
      ...{ state: "sending", pending: 2, sent: 0, requests: 0, refused: 0 },
      oldestAt: new Date(START),
      nextAt: new Date(START + 500),
    });
    goTo(2);
    under.api.respond = () => answer(500, 1000);
    await under.next();
    expect(status()).toEqual({
      ...{ state: "waiting", pending: 2, sent: 0, requests: 1, refused: 0 },
      oldestAt: new Date(START),
      nextAt: new Date(START + 2500),
      lastError: { at: new Date(START + 2000), message: "500: 1000 because" },
    });
    under.api.respond = () => answer(200);
    await under.next();
    expect(status()).toEqual({
      ...{ state: "idle", pending: 0, sent: 2, requests: 2, refused: 0 },
      lastSuccessAt: new Date(START + 2500),
      lastError: { at: new Date(START + 2000), message: "500: 1000 because" },
    });
  });
});
