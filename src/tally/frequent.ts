import type { Summary } from "../../schema/rpc.ts";

/**
 * Misra-Gries summaries with weights, which can be merged: of all names of a stream they keep so many, each with a count
 * that is at most `error` too small, and a name that is not kept has been counted at most `error` times. With room for k
 * names `error` is at most the sum of all weights divided by k + 1, whatever is merged in whatever order (Agarwal et al.,
 * "Mergeable Summaries", PODS 2012, section 2).
 */
export const nothingCounted: Summary = { names: [], error: 0 };

/** The summary of what has been counted exactly, in room for so many names. */
export function summaryOf(counts: ReadonlyMap<string, number>, room: number): Summary {
  return within(
    [...counts].filter(([, count]) => count > 0),
    0,
    room,
  );
}

/** The summary of two streams together. */
export function merged(a: Summary, b: Summary, room: number): Summary {
  const counts = new Map(a.names);
  for (const [name, count] of b.names) counts.set(name, (counts.get(name) ?? 0) + count);
  return within([...counts], a.error + b.error, room);
}

/**
 * What is too many for the room is taken out by subtracting the largest count that has none from all: each subtraction
 * takes that much from at least `room` + 1 names at once, which is why the error stays small.
 */
function within(names: [string, number][], error: number, room: number): Summary {
  const ordered = names.sort(byCount);
  const surplus = ordered[room]?.[1] ?? 0;
  if (surplus === 0) return { names: ordered, error };
  const left = ordered.slice(0, room).map(([name, count]): [string, number] => [name, count - surplus]);
  return { names: left.filter(([, count]) => count > 0), error: error + surplus };
}

/** The highest first, and names of one count in their own order, so that equal streams give equal summaries. */
function byCount([a, m]: readonly [string, number], [b, n]: readonly [string, number]): number {
  return n - m || (a < b ? -1 : 1);
}
