/**
 * How a path may be read otherwise than it is written. Each was, in one server or another, a page served for another's
 * address (portswigger.net/research/gotta-cache-em-all):
 *
 * - `empty-segment`: `/a//b`; servers that merge slashes serve `/a/b`
 * - `dot-segment`: `/a/../b` as it stands, for paths that no URL parser has seen
 * - `encoded-slash`: `/a%2fb`, `/a%5cb`, and with it `/account/..%2fstatic/x.css`
 * - `backslash`: `/a\b`
 * - `path-parameter`: `/account;x.css`, also as `%3b`; servlet containers cut it off
 * - `encoded-delimiter`: `%3f` and `%23`; what decodes before it splits takes the rest for a query or a fragment
 * - `control-character`: `%00` to `%1f` and `%7f`; C strings end there, and some servers cut lines
 * - `encoded-unreserved`: `/%61ccount`, `/x%2ecss`; RFC 3986 section 6.2.2.2 calls them equal to what they encode
 * - `double-encoding`: `/a%252fb`; read twice it is `/a/b`
 * - `malformed-encoding`: a `%` that encodes nothing; some leave it, some drop it, some refuse it
 */
export type AmbiguousForm =
  | "empty-segment"
  | "dot-segment"
  | "encoded-slash"
  | "backslash"
  | "path-parameter"
  | "encoded-delimiter"
  | "control-character"
  | "encoded-unreserved"
  | "double-encoding"
  | "malformed-encoding";

const FORMS: readonly (readonly [AmbiguousForm, RegExp])[] = [
  ["empty-segment", /\/\//],
  ["dot-segment", /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i],
  ["encoded-slash", /%(?:2f|5c)/i],
  ["backslash", /\\/],
  ["path-parameter", /;|%3b/i],
  ["encoded-delimiter", /%(?:3f|23)/i],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  ["control-character", /[\0-\x1f\x7f]|%(?:[01][0-9a-f]|7f)/i],
  // Letters, digits, "-", ".", "_" and "~".
  ["encoded-unreserved", /%(?:2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/i],
  ["double-encoding", /%25[0-9a-f]{2}/i],
  ["malformed-encoding", /%(?![0-9a-f]{2})/i],
];

/** Paths of plain segments, which most are. */
const PLAIN = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~!$&'()*+,=:@-]+)*\/?$/;

/** The first of the forms in which a path may be read as another, or undefined: every reader agrees on this one. */
export function ambiguousForm(pathname: string): AmbiguousForm | undefined {
  if (PLAIN.test(pathname)) return undefined;
  return FORMS.find(([, form]) => form.test(pathname))?.[0];
}

/**
 * Whether an origin may take a path for another than its URL's key says. Then a rule for `/static/*` may be deciding about
 * somebody's account, and what is stored under the path should be no one's in particular, or nothing.
 */
export function isAmbiguousPath(pathname: string): boolean {
  return ambiguousForm(pathname) !== undefined;
}
