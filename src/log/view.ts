import type { Deployment } from "../../schema/deployment.ts";
import { limits } from "../../schema/limits.ts";
import { decodeRecords } from "../../schema/records.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { PurgeIndex } from "./purge-index.ts";

const NO_DEPLOYMENTS: ReadonlyMap<string, Deployment> = new Map();

/** What is known of a namespace's log: its epoch, how far it reaches, and its records in indexed form. */
export class View {
  readonly epoch: string;
  /** The newest sequence number known. */
  head: number;
  /** Entries whose `asOf` lies below this cannot be judged here: records they would be judged by are missing. */
  floor: number;
  readonly index: PurgeIndex;
  /** By cache, the newest version of its Worker as of `head`. */
  deployments: ReadonlyMap<string, Deployment>;

  constructor(
    point: { readonly epoch: string; readonly head: number; readonly floor: number },
    index: PurgeIndex,
    deployments = NO_DEPLOYMENTS,
  ) {
    this.epoch = point.epoch;
    this.head = point.head;
    this.floor = point.floor;
    this.index = index;
    this.deployments = deployments;
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
    const index = new PurgeIndex(decodeRecords(slice.records));
    return within(most, new View({ epoch, head, floor: from }, index, slice.deployed));
  }
  if (!sameEpoch || from > view.head) return view;
  for (const record of decodeRecords(slice.records)) if (record.seq > view.head) view.index.add(record);
  if (head > view.head) {
    view.head = head;
    view.deployments = slice.deployed ?? NO_DEPLOYMENTS;
  }
  return within(most, view);
}

/** Forgetting makes the index anew, so it is done for many records at once. */
function within(most: number, view: View): View {
  if (view.index.size > most * 1.25) view.floor = Math.max(view.floor, view.index.keepNewest(most));
  return view;
}
