import { expect, it } from "vitest";
import type { Key } from "../../schema/key.ts";
import type { Tag } from "../../schema/names.ts";
import { AskedMost } from "../../src/edge/asked-most.ts";

const hit = (key: string, bytes = 10, tags: string[] = []) =>
  ({ type: "hit", state: "fresh", entry: { key: key as Key, bytes, tags: tags as Tag[] } }) as const;

it("is exact for few keys, and empty once taken", () => {
  const asked = new AskedMost();
  for (let at = 0; at < 5; at += 1) asked.add(hit("a", 7, ["t", "u"]));
  asked.add(hit("b", 100, ["t"]));
  asked.add({ type: "miss", reason: "absent", key: "a" as Key });
  asked.add({ type: "bypass", reason: "method" });
  const { keys, tags } = asked.take() ?? expect.fail("nothing was asked for");
  expect(keys.hits).toEqual({
    names: [
      ["a", 5],
      ["b", 1],
    ],
    error: 0,
  });
  expect(keys.bytes).toEqual({
    names: [
      ["b", 100],
      ["a", 35],
    ],
    error: 0,
  });
  expect(keys.misses).toEqual({ names: [["a", 1]], error: 0 });
  expect(tags.hits).toEqual({
    names: [
      ["t", 6],
      ["u", 5],
    ],
    error: 0,
  });
  expect(asked.take()).toBeUndefined();
});

it("finds the key that is asked for most among any number, and holds few names", () => {
  const asked = new AskedMost();
  for (let at = 0; at < 20_000; at += 1) asked.add(hit(at % 10 === 0 ? "often" : `once ${at}`));
  const { keys } = asked.take() ?? expect.fail("nothing was asked for");
  const [first] = keys.hits.names;
  expect(first?.[0]).toBe("often");
  expect(keys.hits.names.length).toBeLessThanOrEqual(100);
  expect(first?.[1]).toBeLessThanOrEqual(2_000);
  expect((first?.[1] ?? 0) + keys.hits.error).toBeGreaterThanOrEqual(2_000);
  expect(keys.hits.error).toBeLessThanOrEqual(20_000 / 101);
});

it("takes the beginning of a name that is very long", () => {
  const asked = new AskedMost();
  asked.add(hit("k".repeat(10_000)));
  expect(asked.take()?.keys.hits.names).toEqual([["k".repeat(512), 1]]);
});
