import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groups } from "../conformance/cases/index.ts";
import { summary } from "../conformance/summary.ts";
import { type Suite, startSuite } from "./support/conformance/suite.ts";

const cases = groups.flatMap((group) => group.cases);
let suite: Suite;

beforeAll(async () => {
  suite = await startSuite(cases);
});

afterAll(async () => {
  await suite[Symbol.asyncDispose]();
  console.info(summary(groups));
});

it("no two cases have the same id", () => {
  const ids = cases.map(({ id }) => id);
  expect(ids.filter((id, nth) => ids.indexOf(id) !== nth)).toEqual([]);
});

for (const group of groups) {
  describe(group.name, () => {
    for (const { id, says, clause, kind, pending } of group.cases) {
      const name = `${id}: ${says} (${kind}, ${clause})`;
      if (pending === undefined) {
        it(name, async () => {
          expect(await suite.complaintsOf(id)).toEqual([]);
        });
      } else {
        it(`${name}, pending: ${pending}`, async () => {
          expect(await suite.complaintsOf(id), "it passes: take its pending mark out").not.toEqual([]);
        });
      }
    }
  });
}
