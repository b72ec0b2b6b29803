/*
 * A request and its response as they come to a cache, in parts, so that one of them can be taken out. What of them has
 * no part in storing or freshness is left out.
 */

/** The clock of whoever judges. */
export const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

/** One `Cache-Control` directive and how it is spelled. */
export interface Directive {
  /** In lower case, whatever `letters` makes of it. */
  readonly name: string;
  readonly letters: "lower" | "upper" | "title";
  readonly form: DirectiveForm;
  /** Used by the forms that have one. */
  readonly value: string;
}

const DIRECTIVE_FORMS = {
  bare: (name) => name,
  token: (name, value) => `${name}=${value}`,
  quoted: (name, value) => `${name}="${value}"`,
  /** With a quoted-pair in it (RFC 9110 section 5.6.4). */
  escaped: (name, value) => `${name}="\\${value}"`,
  empty: (name) => `${name}=`,
  "empty-quoted": (name) => `${name}=""`,
  unclosed: (name, value) => `${name}="${value}`,
  "space-after": (name, value) => `${name}= ${value}`,
  "space-before": (name, value) => `${name} =${value}`,
  /** No `=`, but something behind the name. */
  stuck: (name, value) => `${name};${value}`,
} satisfies Record<string, (name: string, value: string) => string>;

export type DirectiveForm = keyof typeof DIRECTIVE_FORMS;

/** A date in a field: some time from now in one of several spellings, or a text that may be none. */
export type Moment =
  | { readonly spelling: Spelling; readonly secondsFromNow: number }
  | { readonly spelling: "text"; readonly text: string };

const SPELLINGS = {
  "imf-fixdate": (date) => date.toUTCString(),
  "lower-case": (date) => date.toUTCString().toLowerCase(),
  rfc850: (date) => {
    const [day = "", month = "", year = "", time = ""] = date.toUTCString().slice(5).split(" ");
    return `${LONG_DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(-2)} ${time} GMT`;
  },
  asctime: (date) => {
    const [weekday = "", day = "", month = "", year = "", time = ""] = date.toUTCString().split(" ");
    return `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
  },
  /** The second 60 of its minute. */
  "leap-second": (date) => date.toUTCString().replace(/\d\d GMT$/, "60 GMT"),
  iso: (date) => date.toISOString(),
  "other-zone": (date) => date.toUTCString().replace("GMT", "EST"),
  "without-weekday": (date) => date.toUTCString().slice(5),
} satisfies Record<string, (date: Date) => string>;

export type Spelling = keyof typeof SPELLINGS;

const LONG_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

export interface Exchange {
  readonly method: string;
  readonly requestDirectives: readonly Directive[];
  readonly authorization: string | undefined;
  readonly status: number;
  /** Of the response; without any the field is missing. */
  readonly directives: readonly Directive[];
  /** Those of `CDN-Cache-Control`. */
  readonly targeted: readonly Directive[];
  /** What stands between directives. */
  readonly separator: string;
  readonly expires: Moment | undefined;
  readonly date: Moment | undefined;
  readonly lastModified: Moment | undefined;
  readonly age: string | undefined;
  readonly vary: string | undefined;
  readonly setCookie: string | undefined;
  readonly pragma: string | undefined;
  /** How long the response has been kept when its age is asked for. */
  readonly laterSeconds: number;
}

/** Fresh for an hour, the commonest thing a response says. */
export const FRESH: Directive = directive("max-age", "token", "3600");

/** An exchange without oddities. */
export const PLAIN: Exchange = {
  method: "GET",
  requestDirectives: [],
  authorization: undefined,
  status: 200,
  directives: [FRESH],
  targeted: [],
  separator: ", ",
  expires: undefined,
  date: inSeconds(0),
  lastModified: undefined,
  age: undefined,
  vary: undefined,
  setCookie: undefined,
  pragma: undefined,
  laterSeconds: 0,
};

export function directive(
  name: string,
  form: DirectiveForm = "bare",
  value = "",
  letters: Directive["letters"] = "lower",
): Directive {
  return { name, letters, form, value };
}

export function inSeconds(secondsFromNow: number): Moment {
  return { spelling: "imf-fixdate", secondsFromNow };
}

function directiveText({ name, letters, form, value }: Directive): string {
  const spelled = letters === "upper" ? name.toUpperCase() : letters === "title" ? titled(name) : name;
  return DIRECTIVE_FORMS[form](spelled, value);
}

function titled(name: string): string {
  return name.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
}

export function momentText(moment: Moment): string {
  if (moment.spelling === "text") return moment.text;
  return SPELLINGS[moment.spelling](new Date(NOW_MS + moment.secondsFromNow * 1000));
}

export function requestHeaders({ requestDirectives, authorization, separator }: Exchange): Headers {
  return headersOf({ "cache-control": listOf(requestDirectives, separator), authorization });
}

export function responseHeaders(exchange: Exchange): Headers {
  const { directives, targeted, separator, expires, date, lastModified, age, vary, setCookie, pragma } = exchange;
  return headersOf({
    "cache-control": listOf(directives, separator),
    "cdn-cache-control": listOf(targeted, ", "),
    expires: expires && momentText(expires),
    date: date && momentText(date),
    "last-modified": lastModified && momentText(lastModified),
    age,
    vary,
    "set-cookie": setCookie,
    pragma,
  });
}

function listOf(directives: readonly Directive[], separator: string): string | undefined {
  return directives.length === 0 ? undefined : directives.map(directiveText).join(separator);
}

function headersOf(fields: Readonly<Record<string, string | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) headers.set(name, value);
  return headers;
}

/** As one would write it down, for whoever has to find out why a test failed. */
export function exchangeText(exchange: Exchange): string {
  const lines = (headers: Headers) => [...headers].map(([name, value]) => `  ${name}: ${value}`);
  return [
    exchange.method,
    ...lines(requestHeaders(exchange)),
    String(exchange.status),
    ...lines(responseHeaders(exchange)),
    `asked ${exchange.laterSeconds} s later`,
  ].join("\n");
}
