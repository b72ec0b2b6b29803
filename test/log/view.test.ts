import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurgeRecord } from "../../schema/purge.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { logState } from "../../src/log/verdict.ts";
import { advance, type View } from "../../src/log/view.ts";
import { encodeRecords, history, logAt, newestHit, plainState, purgeable, wholeLog } from "../support/selectors.ts";

const EPOCH = "0123456789abcdef";
const OTHER_EPOCH = "fedcba9876543210";
const EVERYTHING = { mode: "hard" as const, selectors: [{}] };

/** A log at one moment: what has been written and not been replaced, and what has been dropped at its beginning. */
interface Moment {
  readonly epoch: string;
  readonly records: readonly PurgeRecord[];
  readonly head: number;
  readonly floor: number;
}

/** What the object answers at that moment to a caller whose view reaches `since`; null when it has none. */
function sliceAt(moment: Moment, since: number | null, most = Number.POSITIVE_INFINITY): LogSlice {
  const { epoch, records, head, floor } = moment;
  const continues = since !== null && since >= floor && since <= head;
  const lacking = records.filter(({ seq }) => seq > (continues ? since : floor));
  const sent = lacking.slice(Math.max(0, lacking.length - most));
  const left = lacking.length - sent.length;
  const from = lacking[left - 1]?.seq ?? (continues ? since : floor);
  return { epoch, head, from, whole: !continues || left > 0, records: encodeRecords(sent) };
}

const entries = fc.array(fc.record({ entry: purgeable, asOf: fc.nat({ max: 15 }) }), { minLength: 1, maxLength: 6 });

/** Slices of one log, asked for at several moments by callers who stood anywhere. */
const slicesOfOneLog = history.chain((written) => {
  const upTo = fc.nat({ max: written.length });
  const slice = fc
    .record({ head: upTo, floor: upTo, since: fc.option(upTo), most: fc.constantFrom(1, 3, 100) })
    // Callers never stand beyond the head, and a floor is never above it.
    .map(({ head, floor, since, most }) => {
      const moment = { epoch: EPOCH, records: logAt(written, head), head, floor: Math.min(floor, head) };
      return sliceAt(moment, since && Math.min(since, head), most);
    });
  return fc.record({ written: fc.constant(written), slices: fc.array(slice, { maxLength: 12 }) });
});

/** Holds a view against the whole log as it was at the view's head. */
function expectAgreement(view: View, log: readonly PurgeRecord[], entry: Purgeable, asOf: number): void {
  const judged = logState({ ...entry, asOf: { epoch: EPOCH, seq: asOf } }, view);
  if (judged.state === "unknown") expect(asOf).toBeLessThan(view.floor);
  else expect(judged.state).toBe(plainState(log, entry, asOf));
  const hard = newestHit(log, entry, "gone");
  if (hard > view.floor) expect(judged).toMatchObject(hard > asOf ? { state: "purged", by: hard } : {});
}

describe("a view", () => {
  test("never claims a head whose records it lacks, whatever slices come late, twice or out of order", () => {
    fc.assert(
      fc.property(slicesOfOneLog, entries, ({ written, slices }, some) => {
        let view: View | undefined;
        for (const slice of [...slices, ...slices.slice(0, 3)]) {
          const before = view?.head ?? 0;
          view = advance(view, slice);
          if (view === undefined) continue;
          expect(view.head).toBeGreaterThanOrEqual(before);
          expect(view.head).toBeLessThanOrEqual(written.length);
          for (const { entry, asOf } of some) expectAgreement(view, logAt(written, view.head), entry, asOf);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("of a small window forgets its oldest records, and says so of what they might have hit", () => {
    fc.assert(
      fc.property(slicesOfOneLog, entries, fc.integer({ min: 1, max: 4 }), ({ written, slices }, some, most) => {
        let view: View | undefined;
        for (const slice of slices) {
          view = advance(view, slice, most);
          if (view === undefined) continue;
          for (const { entry, asOf } of some) expectAgreement(view, logAt(written, view.head), entry, asOf);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("of a small window that reads on and on agrees with the whole log, and never holds much more than it may", () => {
    fc.assert(
      fc.property(history, entries, fc.integer({ min: 1, max: 4 }), (written, some, most) => {
        let view = advance(undefined, sliceAt({ epoch: EPOCH, records: [], head: 0, floor: 0 }, null));
        for (const { record } of written) {
          const head = record.seq;
          const records = logAt(written, head);
          view = advance(view, sliceAt({ epoch: EPOCH, records, head, floor: 0 }, view?.head ?? null), most);
          expect(view?.head).toBe(head);
          expect(view?.index.size).toBeLessThanOrEqual(most * 1.25);
          for (const { entry, asOf } of some) if (view) expectAgreement(view, records, entry, asOf);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("judges like the whole log once the last slice is in", () => {
    fc.assert(
      fc.property(slicesOfOneLog, fc.option(fc.nat({ max: 14 })), entries, ({ written, slices }, asked, some) => {
        let view = slices.reduce<View | undefined>((known, slice) => advance(known, slice), undefined);
        // The last call is made with the point the view has, or with one it had when the call began.
        const since = view === undefined ? null : Math.min(view.head, asked ?? view.head);
        const log = logAt(written, written.length);
        view = advance(view, sliceAt({ epoch: EPOCH, records: log, head: written.length, floor: 0 }, since));
        expect(view?.point).toEqual({ epoch: EPOCH, seq: written.length });
        for (const { entry, asOf } of some) if (view) expectAgreement(view, log, entry, asOf);
      }),
      { numRuns: 500 },
    );
  });

  test("knows nothing before a whole log has come", () => {
    const records = encodeRecords([{ seq: 1, ...EVERYTHING }]);
    expect(advance(undefined, { epoch: EPOCH, head: 1, from: 0, whole: false, records })).toBeUndefined();
    expect(advance(undefined, { epoch: EPOCH, head: 0, from: 0, whole: true, records: "" })?.point).toEqual({
      epoch: EPOCH,
      seq: 0,
    });
  });

  test("leaves aside a slice that does not join on", () => {
    const whole = { epoch: EPOCH, head: 1, from: 0, whole: true, records: encodeRecords([{ seq: 1, ...EVERYTHING }]) };
    const view = advance(undefined, whole);
    const gap = advance(view, {
      epoch: EPOCH,
      head: 3,
      from: 2,
      whole: false,
      records: encodeRecords([{ seq: 3, ...EVERYTHING }]),
    });
    expect(gap?.head).toBe(1);
    expect(gap?.index.newestHard({ key: "k", url: "u", cache: "c", tags: [] } as never)).toBe(1);
  });

  test("joins on over numbers that were replaced and are no more", () => {
    const whole = { epoch: EPOCH, head: 2, from: 0, whole: true, records: encodeRecords([{ seq: 2, ...EVERYTHING }]) };
    const slice = { epoch: EPOCH, head: 7, from: 2, whole: false, records: encodeRecords([{ seq: 5, ...EVERYTHING }]) };
    const view = advance(advance(undefined, whole), slice);
    expect(view?.point).toEqual({ epoch: EPOCH, seq: 7 });
    expect(view?.index.newestHard({ key: "k", url: "u", cache: "c", tags: [] } as never)).toBe(5);
  });

  test("is replaced by the newest part of the log where it has fallen behind the window, and judges nothing older", () => {
    const records = [1, 2, 3, 4, 5].map((seq) => ({ seq, mode: "hard" as const, selectors: [{ prefix: `p${seq}` }] }));
    const log = { epoch: EPOCH, records, head: 5, floor: 0 };
    const behind = advance(undefined, sliceAt({ ...log, records: records.slice(0, 1), head: 1 }, null));
    const view = advance(behind, sliceAt(log, 1, 2));
    expect(view).toMatchObject({ head: 5, floor: 3 });
    const judged = (asOf: number, url: string) =>
      view && logState({ key: "k", url, cache: "c", tags: [], asOf: { epoch: EPOCH, seq: asOf } } as never, view);
    expect(judged(2, "p3")).toEqual({ state: "unknown" });
    expect(judged(2, "p4")).toEqual({ state: "purged", by: 4 });
    expect(judged(3, "p3")).toEqual({ state: "in-force" });
  });

  test("takes a raised floor over only with a whole log, for it keeps the records it has", () => {
    const records = [1, 2, 3].map((seq) => ({ seq, ...EVERYTHING }));
    const log = { epoch: EPOCH, records, head: 3, floor: 2 };
    const before = { ...log, records: records.slice(0, 2), head: 2, floor: 0 };
    const view = advance(undefined, sliceAt(before, null));
    expect(advance(view, sliceAt(log, 2))).toMatchObject({ head: 3, floor: 0 });
    expect(advance(undefined, sliceAt(log, null))).toMatchObject({ head: 3, floor: 2 });
  });
});

describe("a view and epochs", () => {
  const old = advance(undefined, {
    epoch: EPOCH,
    head: 7,
    from: 6,
    whole: true,
    records: encodeRecords([{ seq: 7, ...EVERYTHING }]),
  });

  test("a whole log of another epoch replaces it, though its head is lower", () => {
    const view = advance(old, { epoch: OTHER_EPOCH, head: 0, from: 0, whole: true, records: "" });
    expect(view?.point).toEqual({ epoch: OTHER_EPOCH, seq: 0 });
    expect(view?.floor).toBe(0);
  });

  test("a continuation of another epoch leaves it as it is", () => {
    const slice = {
      epoch: OTHER_EPOCH,
      head: 9,
      from: 7,
      whole: false,
      records: encodeRecords([{ seq: 8, ...EVERYTHING }]),
    };
    expect(advance(old, slice)).toBe(old);
    expect(old?.point).toEqual({ epoch: EPOCH, seq: 7 });
  });

  test("records of one epoch are never judged by in another", () => {
    fc.assert(
      fc.property(wholeLog, wholeLog, entries, (earlier, later, some) => {
        const moment = (epoch: string, records: PurgeRecord[]) => ({ epoch, records, head: 14, floor: 0 });
        const first = advance(undefined, sliceAt(moment(EPOCH, earlier), null));
        const second = advance(first, sliceAt(moment(OTHER_EPOCH, later), null));
        expect(second?.point).toEqual({ epoch: OTHER_EPOCH, seq: 14 });
        for (const { entry } of some) {
          expect(second?.index.newestHard(entry)).toBe(newestHit(later, entry, "gone"));
          expect(second?.index.newestSoft(entry)).toBe(newestHit(later, entry, "stale"));
        }
      }),
    );
  });
});
