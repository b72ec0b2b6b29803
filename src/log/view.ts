import { limits } from "../../schema/limits.ts";
import { decodeRecords } from "../../schema/records.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { PurgeIndex } from "./purge-index.ts";

/** What is known of a namespace's log: its epoch, how far it reaches, and its records in indexed form. */
export class View {
  readonly epoch: string;
  /** The newest sequence number known. */
  head: number;
  /** Entries whose `asOf` lies below this cannot be judged here: records they would be judged by are missing. */
  floor: number;
  readonly index: PurgeIndex;

  constructor(point: { readonly epoch: string; readonly head: number; readonly floor: number }, index: PurgeIndex) {
    this.epoch = point.epoch;
    this.head = point.head;
    this.floor = point.floor;
    this.index = index;
  }

  get point(): LogPoint {
    return { epoch: this.epoch, seq: this.head };
  }
}

/**
 * The view after `slice` has been read. Slices may arrive late, twice, or out of order: what they repeat is skipped,
 * and one that does not join on to `view` leaves it as it is. A view that has grown past its window forgets its oldest
 * records.
 *
 * @param most things that the records of a view name
 */
export function advance(view: View | undefined, slice: LogSlice, most: number = limits.viewRecords): View | undefined {
  const { epoch, head, from } = slice;
  const sameEpoch = view?.epoch === epoch;
  if (slice.whole && !(sameEpoch && view.head >= head)) {
    return within(most, new View({ epoch, head, floor: from }, new PurgeIndex(decodeRecords(slice.records))));
  }
  if (!sameEpoch || from > view.head) return view;
  for (const record of decodeRecords(slice.records)) if (record.seq > view.head) view.index.add(record);
  view.head = Math.max(view.head, head);
  return within(most, view);
}

/** Forgetting makes the index anew, so it is done for many records at once. */
function within(most: number, view: View): View {
  if (view.index.size > most * 1.25) view.floor = Math.max(view.floor, view.index.keepNewest(most));
  return view;
}
