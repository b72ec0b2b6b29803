import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { counterNames } from "../../schema/events.ts";
import type { CounterReport, NamespaceRpc } from "../../schema/rpc.ts";
import { freshObject, purge, statsOf } from "../support/namespace-object.ts";

const counts = fc.array(
  fc.record(
    {
      cache: fc.constantFrom("pages", "api"),
      counter: fc.constantFrom(...counterNames),
      count: fc.nat({ max: 1000 }),
    },
    // RPC carries plain objects only.
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
);

/** What becomes of the sending of one report: it is sent again until an answer to it has come. */
const fate = fc.constantFrom("lost", "answer lost", "answered", "answered, and comes again later");

interface Sending {
  readonly report: CounterReport;
  readonly fates: readonly string[];
}

function reporterName(at: number): string {
  return at.toString(16).padStart(16, "0");
}

/** Sends each reporter's reports one after the other, those of several reporters interleaved. */
async function send(object: NamespaceRpc, queues: Sending[][], late: CounterReport[]): Promise<void> {
  const nextOf = async (queue: Sending[]) => {
    const sending = queue.shift();
    if (sending === undefined) return;
    const { report, fates } = sending;
    for (const each of [...fates, "answered"]) {
      if (each !== "lost") await object.sync({ report });
      if (each === "answered, and comes again later") late.push(report);
      if (each.startsWith("answered")) return;
    }
  };
  while (queues.some((queue) => queue.length > 0)) await Promise.all(queues.map(nextOf));
}

test("reports that are lost, repeated or late never count twice, and none that was answered is lost", async () => {
  const reporter = fc.array(fc.record({ counts, fates: fc.array(fate, { maxLength: 3 }) }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(reporter, { maxLength: 3 }), fc.boolean(), async (reporters, evicted) => {
      const { object, stub } = freshObject();
      const queues = reporters.map((sendings, of) =>
        sendings.map(({ counts: some, fates }, at) => ({
          report: { reporter: reporterName(of), batch: at + 1, counts: some },
          fates,
        })),
      );
      const sent = queues.flat().flatMap(({ report }) => report.counts);
      const late: CounterReport[] = [];
      await send(object, queues, late);
      await object.sync({});
      if (evicted) await evictDurableObject(stub);
      for (const report of late) await object.sync({ report });
      for (const cache of ["pages", "api", null]) {
        const stats = await statsOf(object, cache);
        for (const name of counterNames) {
          const mine = sent.filter((each) => each.counter === name && (cache === null || each.cache === cache));
          expect(stats[name]).toBe(mine.reduce((sum, { count }) => sum + count, 0));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("a report counts whichever call carries it, together with what the call itself counts", async () => {
  const { object } = freshObject();
  const context = (batch: number) => ({
    report: { reporter: reporterName(1), batch, counts: [{ cache: "pages", counter: "hits" as const, count: 2 }] },
  });
  await object.sync(context(1));
  await purge(object, { everything: true, cache: "pages" }, context(2));
  await object.remove(context(3), "pages", "https://a.example/?larder=n/pages/GET/", "a test");
  expect((await object.stats(context(4), "pages")).stats).toMatchObject({ hits: 8, purges: 1, deletes: 1 });
  await Promise.all([object.sync(context(5)), object.sync(context(5)), object.sync(context(5))]);
  expect(await statsOf(object, "pages")).toMatchObject({ hits: 10 });
});
