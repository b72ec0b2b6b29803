import type { LogSlice } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { PurgeIndex } from "./purge-index.ts";

/** What is known of a namespace's log: its epoch, how far it reaches, and its records in indexed form. */
export class View {
  readonly epoch: string;
  /** The newest sequence number known. */
  head: number;
  /** Entries whose `asOf` lies below this cannot be judged: the records they would be judged by are gone. */
  readonly floor: number;
  readonly index: PurgeIndex;

  constructor(slice: Pick<LogSlice, "epoch" | "head" | "floor">, index: PurgeIndex) {
    this.epoch = slice.epoch;
    this.head = slice.head;
    this.floor = slice.floor;
    this.index = index;
  }

  get point(): LogPoint {
    return { epoch: this.epoch, seq: this.head };
  }
}

/**
 * The view after `slice` has been read. Slices may arrive late, twice, or out of order: what they repeat is skipped,
 * and one that does not join on to `view` (its caller's point was another's) leaves it as it is.
 */
export function advance(view: View | undefined, slice: LogSlice): View | undefined {
  const sameEpoch = view?.epoch === slice.epoch;
  if (slice.whole && !(sameEpoch && view.head >= slice.head)) {
    const index = new PurgeIndex();
    for (const record of slice.records) index.add(record);
    return new View(slice, index);
  }
  if (!sameEpoch) return view;
  // Sequence numbers have no gaps, so the slice begins where its count of records says.
  if (slice.head - slice.records.length > view.head) return view;
  for (const record of slice.records) {
    if (record.seq > view.head) view.index.add(record);
  }
  view.head = Math.max(view.head, slice.head);
  return view;
}
