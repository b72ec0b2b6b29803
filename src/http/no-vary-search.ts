import type { AbsoluteUrl } from "../../schema/key.ts";
import { isSearchRule } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import { asDictionary } from "./dictionary.ts";

/**
 * What a response says of its query by `No-Vary-Search` (draft-ietf-httpbis-no-vary-search), as one name among those it
 * varies on: `?`, then form-encoded `key-order` if the order of parameters does not matter, and `ignore` for each that does
 * not, or `ignore-all` and `only` for each that does all the same. Undefined where all of it matters, as it does where the field is
 * invalid: a member of another type than it should be makes all of it invalid (section 4).
 */
export function searchRule(headers: Headers): string | undefined {
  const text = headers.get("no-vary-search");
  const dictionary = text === null ? undefined : asDictionary(text);
  if (dictionary === undefined) return undefined;
  const rule = new URLSearchParams();
  const order = dictionary.get("key-order")?.[0] ?? false;
  if (typeof order !== "boolean") return undefined;
  if (order) rule.append("key-order", "");
  const params = dictionary.get("params")?.[0] ?? false;
  const except = dictionary.get("except")?.[0];
  if (params === true) {
    const names = except === undefined ? [] : strings(except);
    if (names === undefined) return undefined;
    rule.append("ignore-all", "");
    for (const name of names) rule.append("only", decoded(name));
  } else {
    if (except !== undefined) return undefined;
    const names = params === false ? [] : strings(params);
    if (names === undefined) return undefined;
    for (const name of names) rule.append("ignore", decoded(name));
  }
  const found = `?${rule}`;
  return rule.size === 0 || found.length > limits.searchRuleCharacters ? undefined : found;
}

/** An inner list of strings; undefined when it is anything else. */
function strings(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names: unknown[] = value.map((item: unknown) => (Array.isArray(item) ? item[0] : undefined));
  return names.every((name) => typeof name === "string") ? (names as string[]) : undefined;
}

/** Names are as in a query: percent-encoded, with `+` for a space. */
function decoded(name: string): string {
  const [[first = ""] = []] = [...new URLSearchParams(name.replaceAll("=", "%3D").replaceAll("&", "%26"))];
  return first;
}

/** The one spelling of all URLs that are the same by the rules among `names`, which are as of {@link searchRule}. */
export function withoutIgnored(url: AbsoluteUrl, names: readonly string[]): AbsoluteUrl {
  const queryAt = url.indexOf("?");
  const rule = names.find(isSearchRule);
  if (rule === undefined || queryAt === -1) return url;
  const said = new URLSearchParams(rule);
  const only = said.getAll("only");
  const ignored = said.getAll("ignore");
  const kept = [...new URLSearchParams(url.slice(queryAt))].filter(([name]) =>
    said.has("ignore-all") ? only.includes(name) : !ignored.includes(name),
  );
  const query = new URLSearchParams(kept);
  if (said.has("key-order")) query.sort();
  return `${url.slice(0, queryAt)}${kept.length === 0 ? "" : `?${query}`}` as AbsoluteUrl;
}
