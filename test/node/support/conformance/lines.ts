import type { Lines, Moment } from "../../../conformance/case.ts";

/**
 * Puts what is only known at run time into a text: `{gateway}` and `{origin}`, which are URLs without a slash at their
 * end; `{authority}`, that of the gateway; `{base}`, the path the case's URLs begin with; `{case}`, text of its own.
 */
export type Fill = (text: string) => string;

/** The lines with their dates by the clock of now. */
export function resolvedLines(lines: Lines, fill: Fill): [name: string, value: string][] {
  return lines.map(([name, value]) => [name, typeof value === "string" ? fill(value) : dateOf(value)]);
}

/** What node:http calls raw headers, in pairs. */
export function pairsOf(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, nth) => [raw[2 * nth] ?? "", raw[2 * nth + 1] ?? ""]);
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

function dateOf({ secondsFromNow, form = "imf-fixdate" }: Moment): string {
  const date = new Date(Date.now() + secondsFromNow * 1000);
  const [day = "", dd = "", month = "", year = "", time = ""] = date.toUTCString().replace(",", "").split(" ");
  switch (form) {
    case "imf-fixdate":
      return date.toUTCString();
    case "rfc850":
      return `${DAYS[date.getUTCDay()]}, ${dd}-${month}-${year.slice(2)} ${time} GMT`;
    case "asctime":
      return `${day} ${month} ${dd.replace(/^0/, " ")} ${time} ${year}`;
  }
}
