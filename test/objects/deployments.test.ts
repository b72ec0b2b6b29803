import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Deployment } from "../../schema/deployment.ts";
import { isNewer } from "../../schema/deployment.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { fill, freshObject, logOf, pointOf, report, statsOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";
import { AMS, GRU, Site } from "../support/site.ts";

const ONE: Deployment = { id: "one", madeAtMs: 1000 };
const TWO: Deployment = { id: "two", madeAtMs: 2000 };

function announce(object: NamespaceRpc, deployment: Deployment, cache = "pages") {
  return object.deployed({ since: null }, { cache, ...deployment });
}

/** The purges that the announcements have made, one after the other: the ids their reasons name. */
async function purges(object: NamespaceRpc, deployments: readonly Deployment[]): Promise<string[]> {
  for (const deployment of deployments) await announce(object, deployment);
  const page = await object.history({}, {});
  return page.purges.map(({ reason = "" }) => / (\S+) /.exec(reason)?.[1] ?? reason).reverse();
}

describe("a version that is announced", () => {
  test("purges its cache once, by deployment, and shows in the history", async () => {
    const { object } = freshObject();
    await fill(object, [{ url: "https://a.example/1" }, { url: "https://a.example/2" }]);
    await fill(object, [{ url: "https://a.example/1", cache: "other" }]);
    for (let time = 0; time < 3; time += 1) await announce(object, ONE);
    const { purges } = await object.history({}, {});
    expect(purges).toMatchObject([
      {
        seq: 1,
        by: "deployment",
        reason: "version one was deployed",
        mode: "hard",
        selectors: [{ cache: "pages" }],
        purged: 2,
      },
    ]);
    expect(await statsOf(object, "pages")).toMatchObject({ purges: 1 });
  });

  test("leaves what is permanent", async () => {
    const { object } = freshObject();
    const asOf = await pointOf(object);
    const judged = async (permanent: boolean) => {
      const { key, url, cache, tags } = report(asOf);
      return (await object.judge({}, { key, url, cache, tags, permanent, asOf } as never)).verdict;
    };
    await announce(object, ONE);
    expect([await judged(true), await judged(false)]).toEqual(["in-force", "purged"]);
  });

  test("purges nothing again when two versions alternate, nor when an older one comes late", async () => {
    const zero = { id: "zero", madeAtMs: 500 };
    expect(await purges(freshObject().object, [ONE, TWO, ONE, TWO, zero, ONE, TWO])).toEqual(["one", "two"]);
  });

  test("is told by its id where another was made in the same millisecond", async () => {
    const same = (id: string) => ({ id, madeAtMs: 1000 });
    expect(await purges(freshObject().object, [same("b"), same("a"), same("c"), same("b")])).toEqual(["b", "c"]);
  });

  test("purges nothing when it is the newest already, though it was made anew", async () => {
    expect(await purges(freshObject().object, [ONE, { ...ONE, madeAtMs: 1500 }])).toEqual(["one"]);
  });

  test("purges again when it is made anew after another", async () => {
    expect(await purges(freshObject().object, [ONE, TWO, { ...ONE, madeAtMs: 3000 }, TWO])).toEqual([
      "one",
      "two",
      "one",
    ]);
  });

  test("counts for its own cache alone", async () => {
    const { object } = freshObject();
    await announce(object, TWO, "pages");
    await announce(object, ONE, "api");
    expect((await object.history({}, {})).purges.map(({ selectors }) => selectors)).toEqual([
      [{ cache: "api" }],
      [{ cache: "pages" }],
    ]);
    const { log } = await announce(object, ONE, "api");
    expect(log.deployed).toEqual(
      new Map([
        ["pages", TWO],
        ["api", ONE],
      ]),
    );
  });

  test("may be of a cache that is called as what every object has", async () => {
    const { object } = freshObject();
    for (const cache of ["__proto__", "constructor"]) await announce(object, ONE, cache);
    expect((await object.sync({ since: null })).log.deployed).toEqual(
      new Map([
        ["__proto__", ONE],
        ["constructor", ONE],
      ]),
    );
  });

  test("is purged for once by each that is newer than all before, in whatever order they come", async () => {
    const deployment = fc.record({ id: fc.constantFrom("a", "b", "c", "d"), madeAtMs: fc.nat({ max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(deployment, { maxLength: 12 }), async (deployments) => {
        const expected: string[] = [];
        let newest: Deployment | undefined;
        for (const one of deployments) {
          if (newest !== undefined && !isNewer(one, newest)) continue;
          newest = one;
          expected.push(one.id);
        }
        const { object } = freshObject();
        expect(await purges(object, deployments)).toEqual(expected);
        const { log } = await object.sync({ since: null });
        expect(log.deployed?.get("pages")).toEqual(newest);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ["cache", { cache: "no such name", ...ONE }],
    ["id", { cache: "pages", ...ONE, id: "" }],
    ["id", { cache: "pages", ...ONE, id: "x".repeat(101) }],
    ["madeAtMs", { cache: "pages", ...ONE, madeAtMs: Number.NaN }],
    ["madeAtMs", { cache: "pages", ...ONE, madeAtMs: -1 }],
  ])("is refused for its %s when that is none", async (field, announcement) => {
    const { object } = freshObject();
    expect(await refusalOf(object.deployed({}, announcement))).toMatchObject({ code: "invalid-input", field });
    expect((await pointOf(object)).seq).toBe(0);
  });
});

describe("the newest versions", () => {
  test("go with the log, so that a caller who has the purge knows the version too", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    expect((await object.sync({ since: null })).log).not.toHaveProperty("deployed");
    await announce(object, ONE);
    const between = await pointOf(object);
    await announce(object, TWO);
    for (const since of [null, before, between]) {
      const log = await logOf(object, since);
      expect(log).toMatchObject({ head: 2, deployed: new Map([["pages", TWO]]) });
      expect(log.records.at(-1)).toEqual({ seq: 2, mode: "hard", selectors: [{ cache: "pages" }] });
    }
    expect(await logOf(object, await pointOf(object))).not.toHaveProperty("deployed");
  });

  test("outlive the object's instance", async () => {
    const { object, stub } = freshObject();
    await announce(object, TWO);
    await evictDurableObject(stub);
    expect(await purges(object, [ONE, TWO])).toEqual(["two"]);
  });

  test("are at most a hundred of each cache", async () => {
    const { object, stub } = freshObject();
    await announce(object, ONE, "api");
    for (let at = 1; at <= 103; at += 1) await announce(object, { id: `v${at}`, madeAtMs: at });
    const rows = await runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql
        .exec(
          "SELECT cache, COUNT(*) AS many, MIN(made_at_ms) AS oldest FROM deployments GROUP BY cache ORDER BY cache",
        )
        .toArray(),
    );
    expect(rows).toEqual([
      { cache: "api", many: 1, oldest: 1000 },
      { cache: "pages", many: 100, oldest: 4 },
    ]);
    await announce(object, { id: "v1", madeAtMs: 1 });
    expect(await pointOf(object)).toMatchObject({ seq: 104 });
  });

  test("lose the one whose purge is taken back, as after a roll-back", async () => {
    const { object } = freshObject();
    await announce(object, ONE);
    await announce(object, TWO);
    const before = await pointOf(object);
    await object.revoke({}, 2, "a test");
    expect((await object.sync({ since: before })).log.deployed).toEqual(new Map([["pages", ONE]]));
    await object.revoke({}, 1, "a test");
    expect((await object.sync({ since: before })).log).not.toHaveProperty("deployed");
    expect(await purges(object, [TWO])).toEqual(["one", "two", "two"]);
  });
});

test("a lease that an old version gives back goes to the next at once, with nothing noted against the key", async () => {
  const site = new Site();
  const leader = await site.lead(AMS);
  const [next, other] = await site.waiting([GRU, GRU], { have: "fallback" });
  await site.abandon(leader, "superseded");
  const first = await Promise.race([next, other].map((caller) => caller?.ended()));
  expect(first?.said).toBe("again");
  expect(await site.rows("notes")).toEqual([]);
  await site.lead(GRU, { have: "fallback" });
  expect([next, other].map((caller) => caller?.said).sort()).toEqual(["again", "nothing yet"]);
});
