import type { KeySplit } from "../../schema/key-policy.ts";

/** The cookie that holds a visitor's bucket. The gateway draws one for a visitor who has none. */
export const BUCKET_COOKIE = "larder-bucket";

/** Visitors are in so many buckets, numbered from 0. */
export const BUCKETS = 10_000;

/** The bucket that a cookie's value names; undefined for anything but a whole number from 0 to 9999. */
export function bucketOf(value: string | undefined): number | undefined {
  return value !== undefined && /^(?:0|[1-9][0-9]{0,3})$/.test(value) ? Number(value) : undefined;
}

/**
 * The variant for a bucket: the variants take the buckets one after the other, in the order they are declared, each as
 * many as its share of the sum. Without a bucket it is the first, so that who keeps no cookies sees one of them always.
 */
export function splitVariant(split: KeySplit, bucket: number | undefined): string {
  const variants = Object.entries(split.shares);
  if (bucket === undefined) return variants[0]?.[0] ?? "";
  const sum = variants.reduce((total, [, share]) => total + share, 0);
  let upTo = 0;
  for (const [variant, share] of variants) {
    upTo += share;
    if (bucket * sum < upTo * BUCKETS) return variant;
  }
  // The shares may add up to a little less than their sum.
  return variants.at(-1)?.[0] ?? "";
}
