import { limits } from "../../../schema/limits.ts";
import { has, isAlmostANumber, MOST_SECONDS, ofEach } from "./directives.ts";
import type { Exchange, Moment } from "./exchange.ts";
import { directive, FRESH, inSeconds, momentText } from "./exchange.ts";
import type { Explanation } from "./explanations.ts";

const UNREADABLE: Moment = { spelling: "text", text: "tomorrow" };
export const FAR = "Fri, 31 Dec 9999 23:59:59 GMT";
const TEN_DAYS = 864_000;

/** What they make of what a response says of its freshness and age. */
export const AS_FRESHNESS: readonly Explanation[] = [
  {
    id: "almost-a-date",
    questions: ["lifetime", "remaining"],
    ...ofEachMoment(isAlmostADate, () => UNREADABLE),
    example: { directives: [], expires: { spelling: "iso", secondsFromNow: 60 } },
    says: { larder: 0, other: 60 },
    where: "`Expires: 2027-06-01`, `Date: 0`, another zone than GMT, the 30th of February",
    larder: "no date",
    other: "whatever `Date.parse` makes of it; in Node that depends on the local zone, too",
    clause: "9111 4.2",
    right: "larder",
  },
  {
    id: "leap-second",
    questions: ["lifetime", "remaining"],
    ...ofEachMoment(
      ({ spelling }) => spelling === "leap-second",
      ({ secondsFromNow }) => inSeconds(60 * Math.floor(secondsFromNow / 60) + 60),
    ),
    example: { directives: [], expires: { spelling: "leap-second", secondsFromNow: 60 } },
    says: { larder: 120, other: 60 },
    where: "the second 60 of a minute",
    larder: "the first of the next",
    other: "the first of the same",
    clause: "9110 5.6.7",
    right: "larder",
  },
  {
    id: "two-digit-year",
    questions: ["lifetime", "remaining"],
    ...ofEachMoment(
      (moment) => moment.spelling === "rfc850" && /-[56]\d /.test(momentText(moment)),
      (moment) => ({ ...moment, spelling: "imf-fixdate" }),
    ),
    example: { directives: [], expires: { spelling: "rfc850", secondsFromNow: 946_080_000 } },
    says: { larder: 946_080_000, other: 0 },
    where: "`Thursday, 01-Jun-56 12:00:00 GMT`: the years 50 to 69 of two digits",
    larder: "of this century",
    other: "of the last",
    clause: "9110 5.6.7",
    right: "larder",
  },
  {
    id: "empty-expires",
    questions: ["lifetime", "storing", "remaining"],
    applies: ({ expires }) => expires?.spelling === "text" && expires.text === "",
    without: (exchange) => ({ ...exchange, expires: UNREADABLE }),
    example: { directives: [], expires: { spelling: "text", text: "" }, lastModified: inSeconds(-1000) },
    says: { larder: 0, other: 100 },
    where: "`Expires` without a value",
    larder: "no date, so expired",
    other: "as if it were not there",
    clause: "9111 5.3",
    right: "larder",
  },
  {
    id: "pragma",
    questions: ["lifetime", "remaining"],
    applies: ({ directives, pragma }) => directives.length === 0 && pragma === "no-cache",
    without: (exchange) => ({ ...exchange, pragma: undefined }),
    example: { directives: [], expires: inSeconds(60), pragma: "no-cache" },
    says: { larder: 60, other: 0 },
    where: "`Pragma: no-cache` in a response without `Cache-Control`",
    larder: "nothing: it is a field of requests",
    other: "`Cache-Control: no-cache`",
    clause: "9111 5.4",
    right: "larder",
  },
  {
    id: "proxy-revalidate",
    questions: ["lifetime", "remaining"],
    ...ofEach(
      ({ name }) => name === "proxy-revalidate",
      () => undefined,
    ),
    example: { directives: [FRESH, directive("proxy-revalidate")] },
    says: { larder: 3600, other: 0 },
    where: "`proxy-revalidate`",
    larder: "not to be served once it is stale",
    other: "stale from the start",
    clause: "9111 5.2.2.8",
    right: "larder",
  },
  {
    id: "immutable",
    questions: ["lifetime", "remaining"],
    ...ofEach(
      ({ name }) => name === "immutable",
      () => undefined,
    ),
    example: { directives: [directive("immutable")], expires: inSeconds(60) },
    says: { larder: 60, other: 86_400_000 },
    where: "`immutable` without `max-age`",
    larder: "says nothing of the lifetime",
    other: "a lifetime of 86,400,000 seconds at least, even where `Expires` says less",
    clause: "8246 2",
    right: "larder",
  },
  {
    id: "guess-without-date",
    questions: ["lifetime"],
    applies: ({ date, lastModified }) => lastModified !== undefined && !isDate(date),
    without: (exchange) => ({ ...exchange, date: inSeconds(0) }),
    example: { directives: [], lastModified: inSeconds(-1000), date: undefined },
    says: { larder: 0, other: 100 },
    where: "`Last-Modified` without a valid `Date`",
    larder: "nothing to guess a lifetime from",
    other: "counts from its own clock",
    clause: "9111 4.2.2",
    right: "both",
  },
  {
    id: "guess-of-more-than-a-day",
    questions: ["lifetime", "remaining"],
    applies: ({ date, lastModified }) => offsetOf(date) - offsetOf(lastModified) > TEN_DAYS,
    without: (exchange) => ({ ...exchange, lastModified: moved(exchange.date, -TEN_DAYS) }),
    example: { directives: [], lastModified: inSeconds(-1_000_000) },
    says: { larder: 86_400, other: 100_000 },
    where: "a tenth of the time since `Last-Modified` is more than a day",
    larder: "a day",
    other: "a tenth of the time, however long",
    clause: "9111 4.2.2",
    right: "both",
  },
  {
    id: "far-expires",
    questions: ["lifetime", "remaining"],
    applies: ({ expires }) => expires !== undefined && momentText(expires) === FAR,
    without: (exchange) => ({ ...exchange, expires: moved(exchange.date, limits.ttlSeconds) }),
    example: { directives: [], expires: { spelling: "text", text: FAR } },
    says: { larder: 2_147_483_648, other: 251_621_985_599 },
    where: `\`Expires: ${FAR}\``,
    larder: `${MOST_SECONDS.toLocaleString("en")} seconds, of which it keeps to a year`,
    other: "some eight thousand years",
    clause: "9111 2",
    right: "both",
  },
  {
    id: "expires-in-more-than-a-year",
    questions: ["remaining"],
    applies: ({ expires, date }) => offsetOf(expires) - offsetOf(date) > limits.ttlSeconds,
    without: (exchange) => ({ ...exchange, expires: moved(exchange.date, limits.ttlSeconds) }),
    example: { directives: [], expires: inSeconds(31_536_060) },
    says: { larder: 31_536_000, other: 31_536_060 },
    where: "`Expires` more than a year after `Date`",
    larder: "a year",
    other: "as it is",
    clause: "9111 2",
    right: "both",
  },
  {
    id: "almost-an-age",
    questions: ["age", "remaining"],
    applies: ({ age = "" }) => isAlmostANumber(age.replace(/,.*/, "")),
    without: (exchange) => ({ ...exchange, age: undefined }),
    example: { age: "30s" },
    says: { larder: 0, other: 30 },
    where: "`Age: 1.5`, `Age: 30s`, `Age: -5`",
    larder: "ignored",
    other: "the whole number it begins with, below 0 too",
    clause: "9111 5.1",
    right: "larder",
  },
  {
    id: "greatest-age",
    questions: ["age"],
    applies: ({ age }) => Number(age) > MOST_SECONDS,
    without: (exchange) => ({ ...exchange, age: undefined }),
    example: { age: "99999999999" },
    says: { larder: 2_147_483_648, other: 99_999_999_999 },
    where: "`Age: 99999999999`",
    larder: "2,147,483,648",
    other: "99,999,999,999",
    clause: "9111 1.2.2",
    right: "both",
  },
  {
    id: "apparent-age",
    questions: ["age", "remaining"],
    applies: ({ date, age }) => -offsetOf(date) > (Number.parseInt(age ?? "", 10) || 0),
    without: (exchange) => ({ ...exchange, age: String(-offsetOf(exchange.date)) }),
    example: { date: inSeconds(-60), age: "30" },
    says: { larder: 60, other: 30 },
    where: "`Date` is longer ago than `Age` says",
    larder: "the age is the time since `Date`",
    other: "the age is `Age`, or 0",
    clause: "9111 4.2.3",
    right: "larder",
  },
  {
    id: "stale-though-forbidden",
    questions: ["remaining"],
    applies: ({ directives }) => has(directives, "must-revalidate", "proxy-revalidate", "s-maxage"),
    without: (exchange) => ({
      ...exchange,
      directives: exchange.directives.filter(({ name }) => !name.startsWith("stale-")),
    }),
    example: { directives: [FRESH, directive("stale-while-revalidate", "token", "60"), directive("must-revalidate")] },
    says: { larder: 3600, other: 3660 },
    where: "a stale window beside `must-revalidate`, `proxy-revalidate` or `s-maxage`",
    larder: "no window",
    other: "counts it; only `must-revalidate` keeps it from serving then, and from serving at all",
    clause: "9111 4.2.4",
    right: "larder",
  },
];

function isDate(moment: Moment | undefined): boolean {
  return moment !== undefined && (moment.spelling !== "text" || moment.text === FAR);
}

function isAlmostADate(moment: Moment): boolean {
  if (moment.spelling === "text") return moment.text !== FAR && Number.isFinite(Date.parse(moment.text));
  return ["iso", "other-zone", "without-weekday"].includes(moment.spelling);
}

/** Seconds from now; of what is no date 0, as a missing `Date` is that of the arrival. */
function offsetOf(moment: Moment | undefined): number {
  return moment === undefined || moment.spelling === "text" ? 0 : moment.secondsFromNow;
}

function moved(moment: Moment | undefined, seconds: number): Moment {
  return inSeconds(offsetOf(moment) + seconds);
}

/** By each of the three dates. */
function ofEachMoment(
  applies: (moment: Moment) => boolean,
  without: (moment: Exclude<Moment, { spelling: "text" }>) => Moment,
): Pick<Explanation, "applies" | "without"> {
  const applied = (moment: Moment | undefined) => moment !== undefined && applies(moment);
  const replaced = (moment: Moment | undefined) =>
    moment !== undefined && applies(moment) ? without(moment as Exclude<Moment, { spelling: "text" }>) : moment;
  return {
    applies: ({ expires, date, lastModified }) => applied(expires) || applied(date) || applied(lastModified),
    without: (exchange: Exchange) => ({
      ...exchange,
      expires: replaced(exchange.expires),
      date: replaced(exchange.date),
      lastModified: replaced(exchange.lastModified),
    }),
  };
}
