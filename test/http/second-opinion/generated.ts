import fc from "fast-check";
import { UNKNOWN } from "./directives.ts";
import type { Directive, DirectiveForm, Exchange, Moment } from "./exchange.ts";
import { directive, FRESH, inSeconds, PLAIN } from "./exchange.ts";
import { FAR } from "./freshness.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

const NUMBERS = ["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"];
const FLAGS = [
  "no-store",
  "public",
  "must-revalidate",
  "proxy-revalidate",
  "must-understand",
  "no-transform",
  "immutable",
];
const SCOPES = ["no-cache", "private"];

/** Most are well-formed; there are more ways to get one wrong than to get it right. */
function directiveOf(
  names: readonly string[],
  forms: readonly DirectiveForm[],
  values: fc.Arbitrary<string>,
): fc.Arbitrary<Directive> {
  return fc.record({
    name: fc.constantFrom(...names),
    letters: fc.constantFrom("lower", "lower", "lower", "lower", "lower", "upper", "title"),
    form: fc.constantFrom(...forms),
    value: values,
  });
}

const seconds = fc.constantFrom(0, 1, 59, 60, 600, HOUR, DAY, 40 * DAY, YEAR, 2 * YEAR, 99_999_999_999).map(String);
const notSeconds = fc.constantFrom("1.5", "60s", "-5", "+60", "soon", "1e3", "60 x", "007");

const number = directiveOf(
  NUMBERS,
  [
    ...(["token", "token", "token", "token", "token", "token", "token", "token", "token", "quoted", "quoted"] as const),
    ...(["escaped", "bare", "empty", "empty-quoted", "unclosed", "space-after", "space-before", "stuck"] as const),
  ],
  fc.oneof({ weight: 4, arbitrary: seconds }, { weight: 1, arbitrary: notSeconds }),
);

const staleWindow = number.map((one) => (one.name.endsWith("age") ? { ...one, name: "stale-while-revalidate" } : one));

const FLAG_FORMS: readonly DirectiveForm[] = [
  ...(["bare", "bare", "bare", "bare", "bare", "bare"] as const),
  ...(["token", "quoted", "empty", "empty-quoted", "stuck"] as const),
];

const flag = directiveOf(FLAGS, FLAG_FORMS, fc.constantFrom("x", "1"));

const SHARING_FORMS: readonly DirectiveForm[] = ["bare", "token", "quoted", "empty", "empty-quoted", "stuck"];

/** Those that let the answer to a request with credentials be stored. */
const sharing = directiveOf(
  ["public", "must-revalidate", "must-revalidate", "s-maxage"],
  SHARING_FORMS,
  fc.constantFrom("x", "60"),
);

function named(name: string): fc.Arbitrary<Directive> {
  return flag.map((one) => ({ ...one, name }));
}

const scope = directiveOf(
  SCOPES,
  ["bare", "bare", "bare", "quoted", "quoted", "token", "empty", "empty-quoted", "unclosed", "stuck"],
  fc.constantFrom("x-user", "x-user, x-cart", "set-cookie"),
);

/** Directives that nobody knows, some with the names of known ones inside a quoted string. */
const unknown = fc.oneof(
  directiveOf([UNKNOWN], ["bare", "token"], fc.constant("UCI")),
  directiveOf(
    [UNKNOWN],
    ["quoted", "quoted", "quoted", "unclosed"],
    fc.constantFrom(
      "a, no-store, b",
      "a, private, b",
      "a, max-age=5, b",
      "a, no-cache, b",
      "a, public",
      'a\\", max-age=7',
    ),
  ),
);

const directives: fc.Arbitrary<readonly Directive[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([FRESH]) },
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: fc.array(number, { minLength: 1, maxLength: 3 }) },
  { weight: 4, arbitrary: fc.tuple(number, flag) },
  { weight: 4, arbitrary: flag.map((one) => [FRESH, one]) },
  { weight: 2, arbitrary: scope.map((one) => [FRESH, one]) },
  { weight: 2, arbitrary: unknown.map((one) => [FRESH, one]) },
  { weight: 2, arbitrary: fc.array(fc.oneof(number, flag, scope, unknown), { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.array(flag, { maxLength: 2 }) },
);

const requestDirectives: fc.Arbitrary<readonly Directive[]> = fc.array(
  fc.oneof(
    directiveOf(["no-store"], ["bare", "bare", "token", "empty", "stuck"], fc.constant("x")),
    directiveOf(["no-cache", "only-if-cached"], ["bare"], fc.constant("")),
    directiveOf(["max-age", "min-fresh"], ["token", "quoted"], seconds),
  ),
  { minLength: 1, maxLength: 2 },
);

const OFFSETS = [0, 1, 50, 55, 1005, HOUR, DAY, 30 * DAY, 3 * YEAR, 30 * YEAR];

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      spelling: fc.constantFrom("imf-fixdate", "imf-fixdate", "imf-fixdate", "lower-case", "rfc850", "asctime"),
      secondsFromNow: fc.constantFrom(...OFFSETS, ...OFFSETS.map((offset) => -offset)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      spelling: fc.constantFrom("leap-second", "iso", "other-zone", "without-weekday"),
      secondsFromNow: fc.constantFrom(HOUR, -HOUR, 30 * DAY, -30 * DAY),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      spelling: fc.constant("text"),
      text: fc.constantFrom(
        "0",
        "-1",
        "",
        "tomorrow",
        "Tue, 30 Feb 2027 12:00:00 GMT",
        "Wed, 02 Jun 2027 12:00:00 GMT, Wed, 02 Jun 2027 12:00:00 GMT",
      ),
    }),
  },
);

const MANY_NAMES = Array.from({ length: 17 }, (_, at) => `x-${at}`).join(", ");

const status = fc.constantFrom(
  ...[101, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 403, 404, 405, 410, 414, 418, 421],
  ...[500, 501, 502, 503, 504, 599],
);
const date = fc.option(moment, { nil: undefined });
const expires = fc.oneof(
  { weight: 9, arbitrary: moment },
  { weight: 1, arbitrary: fc.constant<Moment>({ spelling: "text", text: FAR }) },
);
const past = fc.constantFrom(-1005, -DAY, -30 * DAY).map(inSeconds);
const none = fc.constant<readonly Directive[]>([]);

const vary = fc.constantFrom(
  "",
  "origin",
  "Accept-Encoding, origin",
  "*",
  "origin, *",
  "not a name",
  '"origin"',
  MANY_NAMES,
);
const someAge = fc.constantFrom("0", "30", "7200", "30, 60", "x, 60", "", "1.5", "30s", "-5", "+30", "99999999999");

const targeted = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom(...FLAGS, ...SCOPES).map((name) => directive(name)),
    fc.tuple(fc.constantFrom(...NUMBERS), seconds).map(([name, value]) => directive(name, "token", value)),
  ),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);

/** Parts that are out of the ordinary, and with them those that they only count beside. */
const oddities: readonly fc.Arbitrary<Partial<Exchange>>[] = [
  fc.record({ method: fc.constantFrom("HEAD", "POST", "PUT", "OPTIONS", "QUERY") }),
  fc.record({ requestDirectives }),
  fc.record({ authorization: fc.constantFrom("Bearer x", "") }),
  fc.record({ authorization: fc.constant("Bearer x"), directives: sharing.map((one) => [FRESH, one]) }),
  fc.record({ status }),
  fc.record({ status, directives }),
  fc.record({ status, directives: fc.tuple(named("no-store"), named("must-understand"), fc.constant(FRESH)) }),
  fc.record({ status, directives: flag.map((one) => [one]), expires }),
  fc.record({
    status: fc.constantFrom(302, 303, 307),
    directives: named("public").map((one) => [one]),
    lastModified: past,
  }),
  fc.record({ directives }),
  fc.record({ directives }),
  fc.record({ directives: number.map((one) => [one]), expires }),
  fc.record({ directives: number.map((one) => [{ ...one, form: "empty" }]), expires }),
  fc.record({ directives: fc.tuple(number, number).map(([one, other]) => [one, { ...other, name: one.name }]) }),
  fc.record({ directives: fc.tuple(fc.constant(FRESH), staleWindow, fc.oneof(flag, number)) }),
  fc.record({ directives: none, expires }),
  fc.record({ directives: none, expires, date }),
  fc.record({ directives: none, expires, lastModified: moment }),
  fc.record({ directives: none, lastModified: moment, date }),
  fc.record({ directives: none, lastModified: past, date: fc.constant(undefined) }),
  fc.record({ directives: none, lastModified: past, expires: fc.constant<Moment>({ spelling: "text", text: "" }) }),
  fc.record({ directives: none, expires: fc.constant<Moment>({ spelling: "rfc850", secondsFromNow: 30 * YEAR }) }),
  fc.record({ directives: none, expires, pragma: fc.constantFrom("no-cache", "x") }),
  fc.record({ directives, separator: fc.constantFrom(",", " ,\t", ",,", ", , ") }),
  fc.record({ targeted, directives }),
  fc.record({ targeted, directives: none, expires }),
  fc.record({ date }),
  fc.record({ age: someAge }),
  fc.record({ vary }),
  fc.record({ setCookie: fc.constant("a=1; Path=/") }),
  fc.record({ laterSeconds: fc.constantFrom(1, 30, HOUR, 3 * DAY) }),
];

/** An ordinary exchange with a few oddities, so that each is also seen by itself and not only among others. */
export const exchange: fc.Arbitrary<Exchange> = fc
  .array(fc.oneof(...oddities), { minLength: 1, maxLength: 3 })
  .map((parts) => Object.assign({}, PLAIN, ...parts) as Exchange);
