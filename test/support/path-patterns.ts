import fc from "fast-check";
import { parsePathPattern } from "../../src/http/path-pattern.ts";
import { slowGroup } from "../../src/http/slow-regexp.ts";

/** Few words, so that patterns and paths meet. */
const word = fc.constantFrom("a", "b", "ab", "a.b", "1", "12", "x-1", "caf%C3%A9", "a%2Fb", "%41", "é", "a;b", "p:q");
const modifier = fc.constantFrom("", "", "", "?", "*", "+");
/** Each name once, or URLPattern refuses the pattern; `NAME` is put in by {@link patterns}. */
const group = fc.constantFrom(
  ":NAME",
  ":NAME",
  ":NAME",
  "*",
  "(\\d+)",
  "(a|b)",
  ":NAME(\\d+)",
  ":NAME([a-z]+)",
  "([^/]*)",
  "(.*)",
);

const literal = word.map((text) => text.replace(":", "\\:"));
const segment = fc.oneof(
  { weight: 5, arbitrary: literal },
  { weight: 5, arbitrary: fc.tuple(group, modifier).map((two) => two.join("")) },
  { weight: 1, arbitrary: fc.tuple(literal, group, modifier).map((three) => three.join("")) },
  { weight: 1, arbitrary: fc.tuple(group, fc.constantFrom(".css", ".a", "-b", "1")).map((two) => two.join("")) },
  { weight: 1, arbitrary: fc.tuple(literal, group, modifier).map(([text, inner, sign]) => `{${text}${inner}}${sign}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", ".", "..", ".well-known", "%2e%2e", "\\*", "a\\.b", "{.:NAME}?", "a{.css}?"),
  },
);
const step = fc.oneof(
  { weight: 8, arbitrary: segment.map((text) => `/${text}`) },
  { weight: 1, arbitrary: fc.tuple(literal, modifier).map(([text, sign]) => `{/${text}}${sign}`) },
  { weight: 1, arbitrary: fc.tuple(group, modifier).map(([text, sign]) => `{/${text}}${sign}`) },
  { weight: 1, arbitrary: fc.tuple(literal, group, modifier).map(([a, b, sign]) => `{/${b}-${a}}${sign}`) },
  { weight: 1, arbitrary: segment },
);

/** Pathnames that URLPattern takes, and that it does not try for minutes. */
export const patterns = fc
  .tuple(fc.array(step, { maxLength: 4 }), fc.constantFrom("", "", "/", "/*", "*", "{/}?", "/:NAME?"))
  .map(([steps, end]) => {
    let names = 0;
    return `${steps.join("")}${end}`.replace(/NAME/g, () => {
      names += 1;
      return `n${names}`;
    });
  })
  .filter((pathname) => {
    try {
      new URLPattern({ pathname });
      return pathname !== "" && slowGroup(pathname, parsePathPattern(pathname)) === undefined;
    } catch {
      return false;
    }
  });

const pathSegment = fc.oneof(
  { weight: 10, arbitrary: word },
  { weight: 4, arbitrary: fc.constantFrom("", "a.css", "b-a", "é", "caf%c3%a9", "..", ".", "*", "%zz", "12-ab", ".a") },
  {
    weight: 1,
    arbitrary: fc.string({ maxLength: 4 }).map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, ""))),
  },
);

/** Paths as they may stand in a URL. */
export const paths = fc
  .tuple(fc.array(pathSegment, { minLength: 1, maxLength: 5 }), fc.constantFrom("", "", "", "/", "?q=1", "?/a/b", "#f"))
  .map(([segments, end]) => `/${segments.join("/")}${end}`);
