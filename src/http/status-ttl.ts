/** Seconds by an exact status ("404"), a range of them ("500-504") or a class ("4xx"); other keys say nothing. */
export type StatusTtls = Readonly<Record<string, number>>;

/**
 * What `ttls` says of `status`, in seconds, or undefined where it says nothing. The most specific key counts: the
 * status itself, then the narrowest range that holds it, then its class. Of two ranges as narrow the first one counts.
 */
export function statusTtlSeconds(ttls: StatusTtls, status: number): number | undefined {
  return ttls[String(status)] ?? narrowestRange(ttls, status)?.ttlSeconds ?? ttls[`${Math.floor(status / 100)}xx`];
}

interface RangeTtl {
  readonly first: number;
  readonly last: number;
  readonly ttlSeconds: number;
}

function narrowestRange(ttls: StatusTtls, status: number): RangeTtl | undefined {
  const holding = Object.entries(ttls)
    .flatMap(([key, ttlSeconds]) => rangeOf(key, ttlSeconds))
    .filter(({ first, last }) => first <= status && status <= last);
  // Sorting is stable.
  return holding.sort((a, b) => a.last - a.first - (b.last - b.first))[0];
}

function rangeOf(key: string, ttlSeconds: number): readonly RangeTtl[] {
  const [, first, last] = /^([0-9]{3})-([0-9]{3})$/.exec(key) ?? [];
  return first === undefined ? [] : [{ first: Number(first), last: Number(last), ttlSeconds }];
}
