const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const TIME = "(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})";
const DAY_NAME = "(?:mon|tue|wed|thu|fri|sat|sun)";
const LONG_DAY_NAME = "(?:mon|tues|wednes|thurs|fri|satur|sun)day";

/** The three forms of RFC 9110 section 5.6.7: IMF-fixdate, the date of RFC 850, and that of C's asctime(). */
const FORMS = [
  new RegExp(`^${DAY_NAME}, (?<day>[0-9]{2}) (?<month>[a-z]{3}) (?<year>[0-9]{4}) ${TIME} gmt$`, "i"),
  new RegExp(`^${LONG_DAY_NAME}, (?<day>[0-9]{2})-(?<month>[a-z]{3})-(?<year>[0-9]{2}) ${TIME} gmt$`, "i"),
  new RegExp(`^${DAY_NAME} (?<month>[a-z]{3}) (?<day>[0-9]{2}| [0-9]) ${TIME} (?<year>[0-9]{4})$`, "i"),
];

/**
 * The time of an HTTP-date in milliseconds since 1970, or undefined where `text` is none.
 *
 * `Date.parse` takes far more than RFC 9110 section 5.6.7 allows, the bare `0` of many an `Expires` among it, and reads
 * a date without a zone as local. RFC 9111 section 4.2: letters are compared without case, and no zone but GMT is
 * valid. The name of the day is not checked against the date.
 */
export function parseHttpDate(text: string): number | undefined {
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    if (groups !== undefined) return timeOf(groups);
  }
  return undefined;
}

function timeOf(parts: Readonly<Record<string, string | undefined>>): number | undefined {
  const { day, month, year, hour, minute, second } = parts;
  if (day === undefined || month === undefined || year === undefined) return undefined;
  const monthIndex = MONTHS.indexOf(month.toLowerCase());
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  // Second 60 is a leap second; Date.UTC counts it as the first of the next minute.
  if (monthIndex === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const date = new Date(0);
  // setUTCFullYear rather than Date.UTC, which moves the years 0 to 99 into the last century.
  date.setUTCFullYear(fullYear(year), monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== Number(day)) return undefined;
  date.setUTCHours(hours, minutes, seconds);
  return date.getTime();
}

/**
 * RFC 9110 section 5.6.7: a two-digit year is of this century unless that lies more than 50 years ahead. Here the
 * border is fixed, so that parsing needs no clock: 70 to 99 are of the last century, though from 2020 on a clock would
 * put the first of them ahead. No server means those by a date of RFC 850.
 */
function fullYear(year: string): number {
  if (year.length === 4) return Number(year);
  return Number(year) + (Number(year) < 70 ? 2000 : 1900);
}
