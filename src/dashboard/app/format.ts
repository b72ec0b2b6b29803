import type { OriginFigures } from "../../../schema/figures.ts";
import type { Selector } from "../../../schema/purge.ts";

const whole = new Intl.NumberFormat("en-GB");
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
  return value < 100_000 ? whole.format(value) : compact.format(value);
}

export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${((100 * part) / all).toFixed(1)} %`;
}

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

export function duration(ms: number | undefined): string {
  if (ms === undefined) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** How long from now, or how long ago. */
export function fromNow(time: string | Date, nowMs = Date.now()): string {
  const seconds = Math.round((new Date(time).getTime() - nowMs) / 1000);
  const span = Math.abs(seconds);
  const [size, unit] =
    span < 90
      ? [span, "s"]
      : span < 5400
        ? [span / 60, "min"]
        : span < 129_600
          ? [span / 3600, "h"]
          : [span / 86_400, "d"];
  return seconds < 0 ? `${Math.round(size)} ${unit} ago` : `in ${Math.round(size)} ${unit}`;
}

export function clock(time: string | Date): string {
  return new Date(time).toLocaleString("en-GB", { dateStyle: "short", timeStyle: "medium" });
}

/** Of the origin's answers so many hundredths took at most so long: worked out inside the bucket that it falls into. */
export function percentile({ byTime, requests }: OriginFigures, share: number): number | undefined {
  let [before, from] = [0, 0];
  for (const { upToMs, requests: own } of byTime) {
    const wanted = share * requests - before;
    if (own > 0 && wanted <= own) return upToMs === null ? from : from + ((upToMs - from) * wanted) / own;
    [before, from] = [before + own, upToMs ?? from];
  }
  return undefined;
}

/** What a purge hits, in words. */
export function selection(selectors: readonly Selector[]): string {
  const words = selectors.slice(0, 3).map(({ cache, url, key, tags, allOf, prefix }) => {
    const parts = [
      url === undefined ? "" : `URL ${url}`,
      key === undefined ? "" : `key ${key}`,
      tags === undefined ? "" : `tag ${tags.join(" or ")}`,
      allOf === undefined ? "" : `all of ${allOf.join(", ")}`,
      prefix === undefined ? "" : `prefix ${prefix}`,
    ].filter((part) => part !== "");
    const what = parts.length === 0 ? "everything" : parts.join(" and ");
    return cache === undefined ? `${what}, in all caches` : `${what}, in ${cache}`;
  });
  return selectors.length > 3 ? `${words.join("; ")}; and ${selectors.length - 3} more` : words.join("; ");
}
