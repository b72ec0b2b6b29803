import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurgeRecord } from "../../schema/purge.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import { advance, type View } from "../../src/log/view.ts";
import { newestHit, purgeable, wholeLog } from "../support/selectors.ts";

const EPOCH = "0123456789abcdef";
const OTHER_EPOCH = "fedcba9876543210";

/** A log at one moment: what has been written, and what has been dropped at its beginning. */
interface Moment {
  readonly epoch: string;
  readonly records: readonly PurgeRecord[];
  readonly head: number;
  readonly floor: number;
}

/** What the object answers at that moment to a caller whose view reaches `since`; null when it has none. */
function sliceAt({ epoch, records, head, floor }: Moment, since: number | null): LogSlice {
  const whole = since === null || since < floor || since > head;
  const from = whole ? floor : since;
  return { epoch, head, floor, whole, records: recordsBetween(records, from, head) };
}

function recordsBetween(records: readonly PurgeRecord[], floor: number, head: number): PurgeRecord[] {
  return records.filter(({ seq }) => seq > floor && seq <= head);
}

const entries = fc.array(purgeable, { minLength: 1, maxLength: 6 });

/** Slices of one log, asked for at several moments by callers who stood anywhere. */
const slicesOfOneLog = wholeLog.chain((records) => {
  const upTo = fc.nat({ max: records.length });
  const slice = fc
    .record({ head: upTo, floor: upTo, since: fc.option(upTo) })
    // Callers never stand beyond the head, and a floor is never above it.
    .map(({ head, floor, since }) =>
      sliceAt({ epoch: EPOCH, records, head, floor: Math.min(floor, head) }, since && Math.min(since, head)),
    );
  return fc.record({ records: fc.constant(records), slices: fc.array(slice, { maxLength: 12 }) });
});

describe("a view", () => {
  test("never claims a head whose records it lacks, whatever slices come late, twice or out of order", () => {
    fc.assert(
      fc.property(slicesOfOneLog, entries, ({ records, slices }, some) => {
        let view: View | undefined;
        for (const slice of [...slices, ...slices.slice(0, 3)]) {
          const before = view?.head ?? 0;
          view = advance(view, slice);
          if (view === undefined) continue;
          expect(view.head).toBeGreaterThanOrEqual(before);
          expect(view.head).toBeLessThanOrEqual(records.length);
          const known = recordsBetween(records, view.floor, view.head);
          for (const entry of some) expect(view.index.newestMatch(entry)).toBe(newestHit(known, entry));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("judges like the whole log once the last slice is in", () => {
    fc.assert(
      fc.property(slicesOfOneLog, fc.option(fc.nat({ max: 12 })), entries, ({ records, slices }, asked, some) => {
        let view = slices.reduce<View | undefined>(advance, undefined);
        // The last call is made with the point the view has, or with one it had when the call began.
        const since = view === undefined ? null : Math.min(view.head, asked ?? view.head);
        view = advance(view, sliceAt({ epoch: EPOCH, records, head: records.length, floor: 0 }, since));
        expect(view?.point).toEqual({ epoch: EPOCH, seq: records.length });
        const known = recordsBetween(records, view?.floor ?? 0, records.length);
        for (const entry of some) expect(view?.index.newestMatch(entry)).toBe(newestHit(known, entry));
      }),
      { numRuns: 500 },
    );
  });

  test("knows nothing before a whole log has come", () => {
    const records = [{ seq: 1, selector: {} }];
    expect(advance(undefined, { epoch: EPOCH, head: 1, floor: 0, whole: false, records })).toBeUndefined();
    expect(advance(undefined, { epoch: EPOCH, head: 0, floor: 0, whole: true, records: [] })?.point).toEqual({
      epoch: EPOCH,
      seq: 0,
    });
  });

  test("leaves aside a slice that does not join on", () => {
    const view = advance(undefined, {
      epoch: EPOCH,
      head: 1,
      floor: 0,
      whole: true,
      records: [{ seq: 1, selector: {} }],
    });
    const gap = advance(view, { epoch: EPOCH, head: 3, floor: 0, whole: false, records: [{ seq: 3, selector: {} }] });
    expect(gap?.head).toBe(1);
    expect(gap?.index.newestMatch({ key: "k", url: "u", cache: "c", tags: [] } as never)).toBe(1);
  });

  test("takes a raised floor over only with a whole log, for it keeps the records it has", () => {
    const records = [1, 2, 3].map((seq) => ({ seq, selector: {} }));
    const log = { epoch: EPOCH, records, head: 3, floor: 2 };
    const view = advance(undefined, sliceAt({ ...log, head: 2, floor: 0 }, null));
    expect(advance(view, sliceAt(log, 2))).toMatchObject({ head: 3, floor: 0 });
    expect(advance(undefined, sliceAt(log, null))).toMatchObject({ head: 3, floor: 2 });
  });
});

describe("a view and epochs", () => {
  const old = advance(undefined, {
    epoch: EPOCH,
    head: 7,
    floor: 6,
    whole: true,
    records: [{ seq: 7, selector: {} }],
  });

  test("a whole log of another epoch replaces it, though its head is lower", () => {
    const view = advance(old, { epoch: OTHER_EPOCH, head: 0, floor: 0, whole: true, records: [] });
    expect(view?.point).toEqual({ epoch: OTHER_EPOCH, seq: 0 });
    expect(view?.floor).toBe(0);
  });

  test("a continuation of another epoch leaves it as it is", () => {
    const slice = { epoch: OTHER_EPOCH, head: 9, floor: 0, whole: false, records: [{ seq: 8, selector: {} }] };
    expect(advance(old, slice)).toBe(old);
    expect(old?.point).toEqual({ epoch: EPOCH, seq: 7 });
  });

  test("records of one epoch are never judged by in another", () => {
    fc.assert(
      fc.property(wholeLog, wholeLog, entries, (earlier, later, some) => {
        const moment = (epoch: string, records: PurgeRecord[]) => ({ epoch, records, head: records.length, floor: 0 });
        const first = advance(undefined, sliceAt(moment(EPOCH, earlier), null));
        const second = advance(first, sliceAt(moment(OTHER_EPOCH, later), null));
        expect(second?.point).toEqual({ epoch: OTHER_EPOCH, seq: later.length });
        for (const entry of some) expect(second?.index.newestMatch(entry)).toBe(newestHit(later, entry));
      }),
    );
  });
});
