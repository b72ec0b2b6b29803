import { limits } from "../../../schema/limits.ts";
import type { Directive } from "./exchange.ts";
import { directive, FRESH, inSeconds } from "./exchange.ts";
import type { Explanation } from "./explanations.ts";

const NUMBERS: ReadonlySet<string> = new Set(["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]);
const FLAGS: ReadonlySet<string> = new Set(["no-store", "no-cache", "private", "proxy-revalidate"]);
/** A directive that nobody knows. */
export const UNKNOWN = "community";

/** RFC 9111 section 1.2.2. */
export const MOST_SECONDS = 2 ** 31;

/** What they make of the spelling of a directive. */
export const AS_DIRECTIVES: readonly Explanation[] = [
  {
    id: "targeted-field",
    questions: ["lifetime", "storing", "remaining"],
    applies: ({ targeted }) => targeted.length > 0,
    // The same, said to every cache.
    without: ({ targeted, ...exchange }) => ({
      ...exchange,
      directives: targeted,
      targeted: [],
      expires: undefined,
      pragma: undefined,
    }),
    example: { targeted: [directive("max-age", "token", "60")] },
    says: { larder: 60, other: 3600 },
    where: "`CDN-Cache-Control`",
    larder: "goes before `Cache-Control` and `Expires`",
    other: "a field like any other",
    clause: "9213 2.2",
    right: "both",
  },
  {
    id: "letter-case",
    questions: ["lifetime", "storing", "remaining"],
    ...ofEach(
      ({ letters }) => letters !== "lower",
      (one) => ({ ...one, letters: "lower" }),
    ),
    example: { directives: [directive("max-age", "token", "60", "title")] },
    says: { larder: 60, other: 0 },
    where: "`No-Store`, `Max-Age=60`: a name in other letters",
    larder: "the same directive",
    other: "an unknown one",
    clause: "9111 5.2",
    right: "larder",
  },
  {
    id: "stuck-to-the-name",
    questions: ["storing", "lifetime", "remaining"],
    ...ofEach(
      ({ form }) => form === "stuck",
      () => undefined,
    ),
    example: { directives: [FRESH, directive("no-store", "stuck", "x")] },
    says: { larder: false, other: true },
    where: "`no-store;x`, `max-age;60`: something other than `=` behind a name",
    larder: "the strictest that the directive can say",
    other: "an unknown directive",
    clause: "9111 5.2",
    right: "unsettled",
  },
  {
    id: "unclosed-quote",
    questions: ["lifetime", "storing", "remaining"],
    ...ofEach(
      ({ form }) => form === "unclosed",
      (one) => (one.name === UNKNOWN ? undefined : { ...one, form: "quoted" }),
    ),
    example: { directives: [directive("max-age", "unclosed", "60")] },
    says: { larder: 0, other: 60 },
    where: '`max-age="60`: a quote without its partner',
    larder: "no number, so 0; two of them in a field enclose what is between them",
    other: "an ordinary character, dropped at either end of an argument",
    clause: "9110 5.6.4",
    right: "unsettled",
  },
  {
    id: "quoted-comma",
    questions: ["storing", "lifetime", "remaining"],
    ...ofEach(
      ({ name, form, value }) => name === UNKNOWN && form === "quoted" && value.includes(","),
      () => undefined,
    ),
    example: { directives: [FRESH, directive(UNKNOWN, "quoted", "a, no-store, b")] },
    says: { larder: true, other: false },
    where: '`ext="a, no-store, b"`: a comma inside a quoted string',
    larder: "part of the string",
    other: "the end of a directive, so a string can hold directives",
    clause: "9110 5.6.4",
    right: "larder",
  },
  {
    id: "quoted-pair",
    questions: ["lifetime", "remaining"],
    ...ofEach(
      ({ form }) => form === "escaped",
      (one) => ({ ...one, form: "quoted" }),
    ),
    example: { directives: [directive("max-age", "escaped", "60")] },
    says: { larder: 60, other: 0 },
    where: '`max-age="\\60"`: a backslash inside a quoted string',
    larder: "stands for the character behind it",
    other: "a character, so no number, so 0",
    clause: "9110 5.6.4",
    right: "larder",
  },
  {
    id: "space-around-equals",
    questions: ["lifetime", "remaining"],
    ...ofEach(
      ({ form }) => form === "space-after" || form === "space-before",
      (one) => ({ ...one, form: "token" }),
    ),
    example: { directives: [directive("max-age", "space-after", "60")] },
    says: { larder: 0, other: 60 },
    where: "`max-age= 60`, `max-age =60`",
    larder: "no number, so 0",
    other: "60",
    clause: "9111 4.2.1",
    right: "larder",
  },
  {
    id: "empty-number",
    questions: ["lifetime", "storing", "remaining"],
    ...ofEach(
      (one) => isNumber(one) && isEmpty(one),
      (one) => ({ ...one, form: "token", value: "0" }),
    ),
    example: { directives: [directive("max-age", "empty")], expires: inSeconds(60) },
    says: { larder: 0, other: 60 },
    where: '`max-age=`, `s-maxage=""`',
    larder: "no number, so 0",
    other: "as if it were not there",
    clause: "9111 4.2.1",
    right: "larder",
  },
  {
    id: "empty-restriction",
    questions: ["storing", "lifetime", "remaining"],
    ...ofEach(
      (one) => FLAGS.has(one.name) && isEmpty(one),
      (one) => ({ ...one, form: "bare" }),
    ),
    example: { directives: [FRESH, directive("private", "empty-quoted")] },
    says: { larder: false, other: true },
    where: '`no-store=`, `private=""`',
    larder: "`no-store`, `private`",
    other: "as if it were not there",
    clause: "9111 5.2",
    right: "unsettled",
  },
  {
    id: "malformed-permission",
    questions: ["storing"],
    applies: ({ authorization, directives }) => authorization !== undefined && directives.some(isMalformedPermission),
    without: ofEach(isMalformedPermission, () => undefined).without,
    example: { authorization: "Bearer x", directives: [FRESH, directive("must-revalidate", "token", "1")] },
    says: { larder: false, other: true },
    where: "`must-revalidate=1`, `s-maxage=soon` in the answer to a request with `Authorization`",
    larder: "no leave to share it",
    other: "leave to share it, unless the value is empty",
    clause: "9111 3.5",
    right: "unsettled",
  },
  {
    id: "argument-of-public",
    questions: ["storing", "lifetime"],
    ...ofEach(
      ({ name, form }) => name === "public" && (form === "token" || form === "quoted"),
      () => undefined,
    ),
    example: { authorization: "Bearer x", directives: [FRESH, directive("public", "token", "x")] },
    says: { larder: false, other: true },
    where: "`public=x`",
    larder: "as if it were not there",
    other: "`public`",
    clause: "9111 5.2.2.9",
    right: "unsettled",
  },
  {
    id: "repeated-number",
    questions: ["lifetime", "storing", "remaining"],
    applies: ({ directives }) => withoutRepeats(directives).length < directives.length,
    without: (exchange) => ({ ...exchange, directives: withoutRepeats(exchange.directives) }),
    example: { directives: [directive("max-age", "token", "60"), directive("max-age", "token", "5")] },
    says: { larder: 60, other: 5 },
    where: "`max-age=60, max-age=5`",
    larder: "the first",
    other: "the last",
    clause: "9111 4.2.1",
    right: "larder",
  },
  {
    id: "almost-a-number",
    questions: ["lifetime", "remaining"],
    ...ofEach(
      (one) => isNumber(one) && isAlmostANumber(one.value),
      (one) => ({ ...one, value: "0" }),
    ),
    example: { directives: [directive("max-age", "token", "60s")] },
    says: { larder: 0, other: 60 },
    where: "`max-age=1.5`, `max-age=60s`, `max-age=+60`, `max-age=-5`",
    larder: "no number, so 0",
    other: "the whole number it begins with, below 0 too",
    clause: "9111 4.2.1",
    right: "larder",
  },
  {
    id: "greatest-number",
    questions: ["lifetime"],
    ...ofEach(
      (one) => isNumber(one) && Number(one.value) > MOST_SECONDS,
      (one) => ({ ...one, value: String(MOST_SECONDS) }),
    ),
    example: { directives: [directive("max-age", "token", "99999999999")] },
    says: { larder: 2_147_483_648, other: 99_999_999_999 },
    where: "`max-age=99999999999`",
    larder: "2,147,483,648",
    other: "99,999,999,999",
    clause: "9111 1.2.2",
    right: "both",
  },
  {
    id: "more-than-a-year",
    questions: ["remaining"],
    ...ofEach(
      (one) => isNumber(one) && Number(one.value) > limits.ttlSeconds,
      (one) => ({ ...one, value: String(limits.ttlSeconds) }),
    ),
    example: { directives: [directive("max-age", "token", "31536060")] },
    says: { larder: 31_536_000, other: 31_536_060 },
    where: "`max-age` and stale windows of more than a year",
    larder: "a year",
    other: "as they are",
    clause: "9111 2",
    right: "both",
  },
];

function isNumber({ name }: Directive): boolean {
  return NUMBERS.has(name);
}

/** Beside `public`, what would let the answer to a request with credentials be shared. */
function isMalformedPermission({ name, form, value }: Directive): boolean {
  if (name === "must-revalidate") return form !== "bare";
  const isNumeral = (form === "token" || form === "quoted" || form === "escaped") && /^\d+$/.test(value);
  return name === "s-maxage" && !isNumeral;
}

function isEmpty({ form }: Directive): boolean {
  return form === "empty" || form === "empty-quoted";
}

/** Of what is no number what `parseInt` takes for one. */
export function isAlmostANumber(text: string): boolean {
  return !/^\d+$/.test(text) && Number.isFinite(Number.parseInt(text, 10));
}

export function has(directives: readonly Directive[], ...names: readonly string[]): boolean {
  return directives.some(({ name }) => names.includes(name));
}

/** Stands for a directive that is taken out: without any, the field would be missing, and `Pragma` count. */
const HARMLESS = directive("no-transform");

/** By each directive itself, of the request as of the response; undefined takes it out. */
export function ofEach(
  applies: (directive: Directive) => boolean,
  without: (directive: Directive) => Directive | undefined,
): Pick<Explanation, "applies" | "without"> {
  const replaced = (directives: readonly Directive[]) =>
    directives.map((one) => (applies(one) ? (without(one) ?? HARMLESS) : one));
  return {
    applies: ({ directives, requestDirectives }) => [...directives, ...requestDirectives].some(applies),
    without: (exchange) => ({
      ...exchange,
      directives: replaced(exchange.directives),
      requestDirectives: replaced(exchange.requestDirectives),
    }),
  };
}

function withoutRepeats(directives: readonly Directive[]): readonly Directive[] {
  return directives.filter(
    (directive, at) => !isNumber(directive) || directives.findIndex(({ name }) => name === directive.name) === at,
  );
}
