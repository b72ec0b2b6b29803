/** A part of a pathname pattern (urlpattern.spec.whatwg.org, section 2.1 "Parts"). Plain text stands in `prefix`. */
export interface PatternPart {
  readonly kind: "text" | "segment" | "anything" | "regexp";
  readonly prefix: string;
  readonly suffix: string;
  readonly modifier: "" | "?" | "*" | "+";
  /** Under which its value is found; numbers for groups without a name; empty for text. */
  readonly name: string;
  /** The source of a `regexp`. */
  readonly source: string;
}

interface Token {
  readonly type: "char" | "escaped" | "name" | "regexp" | "asterisk" | "modifier" | "open" | "close";
  readonly value: string;
}

/** What a URL's parser leaves as it is in a path; the escaped ones mean something else in a pattern. */
const PLAIN = /^[A-Za-z0-9_~!$&'=@,;.%/-]$/;
const PLAIN_WHEN_ESCAPED = /^[A-Za-z0-9_~!$&'=@,;.%/+*():-]$/;
const NAME = /:([A-Za-z_$][\w$]*)(?![\w$\u0080-\u{10ffff}])/uy;
/** Regular expressions that mean the same under the flags `u` and `v`, and hold no capturing group of their own. */
const TAME = /^(?!.*(?:--|\[[^\]]*\[|\\[\dkpPq]|\(\?<[^=!]))[\w|.^$\\+*?,{}[\]:=!<>()/-]*$/;
/** A URL's parser takes such segments out, and of a pattern's text, too. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The parts of a URLPattern pathname, or undefined where they are not surely known: then only URLPattern itself can tell
 * what the pattern fits. `pattern` is one that URLPattern takes.
 */
export function parsePathPattern(pattern: string): readonly PatternPart[] | undefined {
  const tokens = tokensOf(pattern);
  if (tokens === undefined) return undefined;
  const parts = partsOf(tokens);
  return parts?.some(({ prefix, suffix }) => DOT_SEGMENT.test(prefix) || DOT_SEGMENT.test(suffix)) ? undefined : parts;
}

/** What the whole pathname is tested with (urlpattern.spec.whatwg.org, "generate a regular expression and name list"). */
export function toRegExp(parts: readonly PatternPart[]): RegExp {
  return new RegExp(`^${parts.map(sourceOf).join("")}$`, "v");
}

/** The names of a pattern's groups, in their order. */
export function groupNames(parts: readonly PatternPart[]): readonly string[] {
  return parts.filter(({ kind }) => kind !== "text").map(({ name }) => name);
}

function sourceOf({ kind, prefix, suffix, modifier, source }: PatternPart): string {
  const before = escaped(prefix);
  if (kind === "text") return modifier === "" ? before : `(?:${before})${modifier}`;
  const once = kind === "segment" ? "[^\\/]+?" : kind === "anything" ? ".*" : source;
  const after = escaped(suffix);
  if (before === "" && after === "") {
    return modifier === "" || modifier === "?" ? `(${once})${modifier}` : `((?:${once})${modifier})`;
  }
  if (modifier === "" || modifier === "?") return `(?:${before}(${once})${after})${modifier}`;
  const repeated = `(?:${before}((?:${once})(?:${after}${before}(?:${once}))*)${after})`;
  return modifier === "*" ? `${repeated}?` : repeated;
}

function escaped(text: string): string {
  return text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");
}

function tokensOf(pattern: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    const token = tokenAt(pattern, at);
    if (token === undefined) return undefined;
    tokens.push(token.token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(pattern: string, at: number): { token: Token; end: number } | undefined {
  const value = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  const one = (type: Token["type"]) => ({ token: { type, value }, end: at + 1 });
  if (value === "{") return one("open");
  if (value === "}") return one("close");
  if (value === "*") return one("asterisk");
  if (value === "?" || value === "+") return one("modifier");
  if (value === "\\") {
    const next = pattern.charAt(at + 1);
    return PLAIN_WHEN_ESCAPED.test(next) ? { token: { type: "escaped", value: next }, end: at + 2 } : undefined;
  }
  if (value === ":") {
    NAME.lastIndex = at;
    const name = NAME.exec(pattern)?.[1];
    return name === undefined ? undefined : { token: { type: "name", value: name }, end: at + 1 + name.length };
  }
  if (value === "(") {
    const end = closingParenthesis(pattern, at);
    const source = pattern.slice(at + 1, end);
    return end === undefined || !TAME.test(source)
      ? undefined
      : { token: { type: "regexp", value: source }, end: end + 1 };
  }
  if (value.charCodeAt(0) < 0x80) return PLAIN.test(value) ? one("char") : undefined;
  if (!value.isWellFormed()) return undefined;
  return { token: { type: "char", value: encodeURIComponent(value) }, end: at + value.length };
}

/** Classes are no exception (urlpattern.spec.whatwg.org, "tokenize"): a parenthesis in one has to be escaped. */
function closingParenthesis(pattern: string, open: number): number | undefined {
  let depth = 0;
  for (let at = open; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    if (char === "\\") at += 1;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return undefined;
}

/** By urlpattern.spec.whatwg.org, "parse a pattern string", with `/` as the prefix code point. */
function partsOf(tokens: readonly Token[]): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = [];
  let at = 0;
  let text = "";
  let unnamed = 0;
  const take = (...types: Token["type"][]): string | undefined => {
    const token = tokens[at];
    if (token === undefined || !types.includes(token.type)) return undefined;
    at += 1;
    return token.value;
  };
  const takeText = () => {
    let taken = "";
    for (let next = take("char", "escaped"); next !== undefined; next = take("char", "escaped")) taken += next;
    return taken;
  };
  const takeGroup = () => {
    const name = take("name");
    const regexp = take("regexp");
    const asterisk = name === undefined && regexp === undefined ? take("asterisk") : undefined;
    return { name, source: asterisk === undefined ? regexp : ".*" };
  };
  const endText = () => {
    if (text !== "") parts.push({ ...NO_GROUP, prefix: text });
    text = "";
  };
  const add = (prefix: string, { name, source }: ReturnType<typeof takeGroup>, suffix: string) => {
    const modifier = (take("modifier", "asterisk") ?? "") as PatternPart["modifier"];
    const hasGroup = name !== undefined || source !== undefined;
    if (!hasGroup && modifier === "") {
      text += prefix;
      return;
    }
    endText();
    if (!hasGroup) {
      if (prefix !== "") parts.push({ ...NO_GROUP, prefix, modifier });
      return;
    }
    const kind = source === undefined || source === "[^\\/]+?" ? "segment" : source === ".*" ? "anything" : "regexp";
    const own = { kind, source: source ?? "", name: name ?? String(unnamed) } as const;
    if (name === undefined) unnamed += 1;
    parts.push({ ...own, prefix, suffix, modifier });
  };
  while (at < tokens.length) {
    const char = take("char");
    const group = takeGroup();
    if (group.name !== undefined || group.source !== undefined) {
      if (char !== undefined && char !== "/") text += char;
      endText();
      add(char === "/" ? char : "", group, "");
    } else if (char !== undefined) {
      text += char;
    } else if (take("open") !== undefined) {
      const prefix = takeText();
      const inner = takeGroup();
      const suffix = takeText();
      if (take("close") === undefined) return undefined;
      add(prefix, inner, suffix);
    } else {
      const literal = take("escaped");
      if (literal === undefined) return undefined;
      text += literal;
    }
  }
  endText();
  return parts;
}

const NO_GROUP = { kind: "text", prefix: "", suffix: "", modifier: "", name: "", source: "" } as const;
