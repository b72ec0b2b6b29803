import fc from "fast-check";
import { expect, test } from "vitest";
import type { Deployment } from "../../schema/deployment.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import { logState } from "../../src/log/verdict.ts";
import type { View } from "../../src/log/view.ts";
import { advance } from "../../src/log/view.ts";
import { encodeRecords } from "../support/selectors.ts";

const EPOCH = "0123456789abcdef";
const MOST = 12;

/** A log of which record n comes with version n of one cache; 0 is before the first. */
function newestAt(head: number): ReadonlyMap<string, Deployment> | undefined {
  return head === 0 ? undefined : new Map([["pages", { id: `v${head}`, madeAtMs: head }]]);
}

function sliceAt(epoch: string, head: number, since: number | null): LogSlice {
  const from = since ?? 0;
  const seqs = Array.from({ length: head - from }, (_, at) => from + at + 1);
  const records = encodeRecords(seqs.map((seq) => ({ seq, mode: "hard", selectors: [{ cache: "pages" as never }] })));
  const deployed = since === head ? undefined : newestAt(head);
  return { epoch, head, from, whole: since === null, records, ...(deployed === undefined ? {} : { deployed }) };
}

const slice = fc
  .record({ head: fc.nat({ max: MOST }), since: fc.option(fc.nat({ max: MOST })) })
  .map(({ head, since }) => sliceAt(EPOCH, head, since === null ? null : Math.min(since, head)));

test("a view knows the version that is the newest as of its head, whatever slices come late, twice or out of order", () => {
  fc.assert(
    fc.property(fc.array(slice, { maxLength: 12 }), (slices) => {
      let view: View | undefined;
      for (const one of slices) {
        view = advance(view, one);
        if (view === undefined) continue;
        expect(view.deployments).toEqual(newestAt(view.head) ?? new Map());
      }
    }),
  );
});

test("a view that knows a version has its purge", () => {
  const view = advance(advance(undefined, sliceAt(EPOCH, 0, null)), sliceAt(EPOCH, 1, 0));
  const entry = { key: "k", url: "https://a.example/", cache: "pages", tags: [], permanent: false };
  expect(view?.deployments.get("pages")?.id).toBe("v1");
  expect(view && logState({ ...entry, asOf: { epoch: EPOCH, seq: 0 } } as never, view)).toMatchObject({ by: 1 });
});

test("a view of another epoch knows no version of the epoch before", () => {
  const view = advance(undefined, sliceAt(EPOCH, 3, null));
  expect(advance(view, sliceAt("fedcba9876543210", 0, null))?.deployments).toEqual(new Map());
});
