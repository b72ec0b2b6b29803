import { expect, it } from "vitest";
import type { NormalUrl } from "../../schema/key.ts";
import type { PurgeEntry } from "../../schema/purge.ts";
import { PurgeIndex } from "../../src/log/purge-index.ts";

const url = "https://a.example/" as NormalUrl;
const automatic = (seq: number): PurgeEntry => ({ seq, mode: "hard", selectors: [{ url }], automatic: true });
const entry = { key: "k", url, cache: "pages", tags: [], permanent: false } as never;

it("an automatic record takes the place of an earlier one of the same", () => {
  const index = new PurgeIndex();
  for (let seq = 1; seq <= 1000; seq += 1) index.add(automatic(seq));
  expect([index.size, index.newestHard(entry)]).toEqual([1, 1000]);
  expect(index.keepNewest(0)).toBe(1000);
  expect(index.newestHard(entry)).toBe(0);
});

it("it takes the place of no purge that may be taken back", () => {
  const index = new PurgeIndex([{ seq: 1, mode: "hard", selectors: [{ url }] }, automatic(2)]);
  expect(index.size).toBe(2);
  index.add({ seq: 3, revokes: 1 });
  expect(index.newestHard(entry)).toBe(2);
});

it("a record that is added again changes nothing", () => {
  expect(new PurgeIndex([automatic(1), automatic(1)]).size).toBe(1);
});
