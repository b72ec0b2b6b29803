import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EntryReport } from "../../schema/entry.ts";
import type { NamespaceObject } from "../../src/api/route.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { objectNamed } from "../support/api.ts";
import { freshNamespace } from "../support/fresh.ts";
import { decoded, pointOf, stubOf } from "../support/namespace-object.ts";
import { few, mode, purgeable, requestFor, selectors } from "../support/selectors.ts";
import { exportOf, importInto } from "../support/transfer.ts";

const DAY = 24 * 3_600_000;

const step = fc.oneof(
  { arbitrary: fc.record({ do: fc.constant("put" as const), entry: purgeable }), weight: 6 },
  { arbitrary: fc.record({ do: fc.constant("purge" as const), mode, selectors }), weight: 5 },
  { arbitrary: fc.record({ do: fc.constant("revoke" as const), back: fc.nat({ max: 4 }) }), weight: 2 },
  {
    arbitrary: fc.record({
      do: fc.constant("invalidate" as const),
      url: fc.constantFrom(...few.urls.slice(0, 2)),
      tags: fc.constantFrom<string[]>([], ["t"]),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant("deploy" as const), cache: fc.constantFrom(...few.caches) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("schedule" as const), mode, selectors }), weight: 1 },
  // Records that are old enough to be out of force, and of the older ones some are forgotten as well.
  {
    arbitrary: fc.record({
      do: fc.constant("trim" as const),
      keep: fc.nat({ max: 3 }),
      days: fc.constantFrom(2, 91),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant("evict" as const) }), weight: 1 },
);

type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

function reportOf(entry: Purgeable, asOf: EntryReport["asOf"]): EntryReport {
  return { ...entry, tags: [...entry.tags], asOf, freshSeconds: 600, lifetimeSeconds: 3600, bytes: 10, status: 200 };
}

let deployments = 0;

async function carryOut(namespace: string, steps: readonly Step[]): Promise<void> {
  const object = objectNamed(namespace);
  for (const each of steps) {
    switch (each.do) {
      case "put":
        await object.complete({}, reportOf(each.entry, await pointOf(object)));
        break;
      case "purge":
        await object.purge({}, { ...requestFor(each.selectors, each.mode), reason: "a test" }, "a test");
        break;
      case "revoke": {
        const { seq } = await pointOf(object);
        // What cannot be taken back is refused.
        await object.revoke({}, Math.max(1, seq - each.back), "a test").catch(() => undefined);
        break;
      }
      case "invalidate":
        await object.invalidate({}, { cache: "pages", urls: [each.url], tags: each.tags });
        break;
      case "deploy": {
        deployments += 1;
        await object.deployed({}, { cache: each.cache, id: `v${deployments}`, madeAtMs: deployments });
        break;
      }
      case "schedule":
        await object.addSchedule({ cron: "0 6 * * *", purge: requestFor(each.selectors, each.mode) }, "a test");
        await object.addSchedule({ cron: "0 5 * * *", warm: { top: 5 } }, "a test");
        break;
      case "trim": {
        const { seq } = await pointOf(object);
        await runInDurableObject(stubOf(namespace), (instance, { storage }) => {
          storage.sql.exec("UPDATE purges SET at_ms = ? WHERE seq <= ?", Date.now() - each.days * DAY, seq - each.keep);
          return instance.alarm();
        });
        break;
      }
      case "evict":
        await pointOf(object);
        await evictDurableObject(stubOf(namespace));
        break;
    }
  }
}

/** An entry's tags have no order. */
function inOrder<Entry extends { readonly tags: readonly string[] }>(entries: readonly Entry[]): Entry[] {
  return entries.map((entry) => ({ ...entry, tags: [...entry.tags].sort() }));
}

/** All that a namespace says of entries, purges and tags. */
async function told(object: NamespaceObject, probes: readonly Purgeable[]) {
  const { epoch, seq: head } = await pointOf(object);
  const asOfs = Array.from({ length: head + 2 }, (_, seq) => ({ epoch, seq }));
  const judged = probes.flatMap((entry) =>
    asOfs.map(async (asOf) => (await object.judge({}, { ...entry, tags: [...entry.tags], asOf })).verdict),
  );
  const tried = [{ everything: true as const }, { tags: [...few.tags] }, { prefix: few.prefixes[2] ?? "" }].flatMap(
    (request) =>
      [{}, { soft: true as const }].map(async (how) => {
        const { log: _, ...would } = await object.purge({}, { ...request, ...how, dryRun: true }, "a test");
        return would;
      }),
  );
  const schedules = (await object.schedules()).schedules.map(({ nextAt: _, ...schedule }) => schedule);
  const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
  return {
    verdicts: await Promise.all(judged),
    tried: await Promise.all(tried),
    slices: await Promise.all([null, ...asOfs].map(async (since) => decoded((await object.sync({ since })).log))),
    entries: inOrder((await object.entries({ limit: 200 })).entries),
    tags: await object.tags({ limit: 200 }),
    history: (await object.history({}, { limit: 200 })).purges,
    schedules: schedules.sort(byId),
  };
}

test("a namespace that was imported judges, lists and counts as the one that was exported", async () => {
  const programs = fc.array(step, { minLength: 1, maxLength: 25, size: "max" });
  let trimmed = 0;
  await fc.assert(
    fc.asyncProperty(programs, programs, fc.array(purgeable, { maxLength: 3 }), async (before, after, probes) => {
      const [from, to] = [freshNamespace(), freshNamespace()];
      await carryOut(from, before);
      const expected = await told(objectNamed(from), probes);
      const exported = await exportOf(from);
      await importInto(to, exported);
      const { floor, head } = exported.namespace;
      if (floor > 0 && floor < head) trimmed += 1;
      expect(await told(objectNamed(to), probes)).toEqual(expected);
      await evictDurableObject(stubOf(to));
      expect(await told(objectNamed(to), probes)).toEqual(expected);
      const again = await exportOf(to);
      expect(again.lines).toEqual(exported.lines);
      expect(inOrder(again.entries)).toEqual(inOrder(exported.entries));
      expect({ ...again.namespace, namespace: from, at: exported.namespace.at }).toEqual(exported.namespace);
      // And so it goes on: what is purged from here on hits the same.
      const counted = deployments;
      await carryOut(from, after.filter(isRepeatable));
      deployments = counted;
      await carryOut(to, after.filter(isRepeatable));
      const [one, other] = await Promise.all([from, to].map((name) => told(objectNamed(name), probes)));
      expect(withoutTimes(other)).toEqual(withoutTimes(one));
    }),
    { numRuns: 30 },
  );
  // Or else this would say nothing of what is out of force.
  expect(trimmed).toBeGreaterThan(0);
}, 120_000);

/** Schedules get ids of their own. */
function isRepeatable({ do: what }: Step): boolean {
  return what !== "schedule";
}

/** Two that are asked one after the other do not do it in the same millisecond. */
function withoutTimes(all: unknown): unknown {
  return JSON.parse(
    JSON.stringify(all, (name, value: unknown) =>
      ["at", "storedAt", "freshUntil", "expiresAt"].includes(name) ? undefined : value,
    ),
  );
}
