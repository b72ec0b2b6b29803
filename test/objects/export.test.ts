import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { objectNamed } from "../support/api.ts";
import { freshNamespace } from "../support/fresh.ts";
import { pointOf, purge, stubOf } from "../support/namespace-object.ts";

/** So many purges of nothing, after those there are. */
async function logged(name: string, many: number, selectors = '[{"tags":["x"]}]'): Promise<void> {
  const { seq } = await pointOf(objectNamed(name));
  await runInDurableObject(stubOf(name), (_, { storage: { sql } }) => {
    sql.exec(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?)
       INSERT INTO purges (seq, at_ms, selectors, purged) SELECT at + ?, 1000 + at, ?, 0 FROM n`,
      ...[many, seq, selectors],
    );
  });
  await evictDurableObject(stubOf(name));
}

const seqsOf = (lines: readonly object[]) => lines.flatMap((line) => ("seq" in line ? [line.seq] : []));

test("an export of a namespace that holds nothing says where its log stands", async () => {
  const name = freshNamespace();
  const object = objectNamed(name);
  const { epoch } = await pointOf(object);
  expect(await object.exportLog({})).toEqual({
    epoch,
    lines: [],
    namespace: {
      ...{ kind: "namespace", format: 2, namespace: name, epoch, head: 0, floor: 0, longestLifetimeSeconds: 0 },
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    },
  });
});

test("an export has the log a thousand records at a time, and where it stands with the last", async () => {
  const name = freshNamespace();
  await logged(name, 2000);
  const object = objectNamed(name);
  const first = await object.exportLog({});
  expect([first.lines.length, first.after, first.namespace]).toEqual([1000, 1000, undefined]);
  const second = await object.exportLog({ after: 1000 });
  expect([second.lines.length, second.after, second.namespace?.head]).toEqual([1000, undefined, 2000]);
  expect(seqsOf([...first.lines, ...second.lines])).toEqual(Array.from({ length: 2000 }, (_, at) => at + 1));
  expect(first.lines[0]).toEqual({
    ...{ kind: "purge", seq: 1, at: "1970-01-01T00:00:01.001Z", by: "unknown", mode: "hard" },
    ...{ selectors: [{ tags: ["x"] }], purged: 0 },
  });
});

test("an export has fewer records on a page where they name much", async () => {
  const name = freshNamespace();
  const tags = Array.from({ length: 1000 }, (_, at) => `${at}`.padEnd(300, "x"));
  await logged(name, 9, JSON.stringify([{ tags }]));
  const page = await objectNamed(name).exportLog({});
  expect([seqsOf(page.lines), page.after]).toEqual([[1, 2, 3], 3]);
});

test("an invalidation that is replaced while the log is read is on a later page, in force as of the last", async () => {
  const name = freshNamespace();
  const object = objectNamed(name);
  const invalidate = () => object.invalidate({}, { cache: "pages", urls: ["https://a.example/"], tags: [] });
  await invalidate();
  await logged(name, 1000);
  const first = await object.exportLog({});
  await invalidate();
  await purge(object, { tags: ["y"] });
  const second = await object.exportLog({ after: first.after ?? 0 });
  // As of the first page's head the log would lack it: its row is gone, and the new one is above that head.
  expect(first.lines[0]).toMatchObject({ seq: 1, automatic: true });
  expect(second.lines).toMatchObject([
    { seq: 1001 },
    { seq: 1002, automatic: true, selectors: [{ cache: "pages", url: "https://a.example/" }] },
    { seq: 1003 },
  ]);
  expect(second.namespace).toMatchObject({ head: 1003 });
});
