import type { EntryFacts } from "../../schema/entry.ts";
import type { Selector } from "../../schema/purge.ts";
import { Prefixes } from "./prefixes.ts";

/** What of an entry selectors look at. */
export type Purgeable = Pick<EntryFacts, "key" | "url" | "cache" | "tags" | "permanent">;

/**
 * Values hung on what selectors name, and found again by what an entry has, in a few look-ups however many there are.
 * A selector that names several things hangs on the rarest of them.
 */
export class Anchors<Value> {
  #everything: Value | undefined;
  readonly #urls = new Map<string, Value>();
  readonly #keys = new Map<string, Value>();
  readonly #tags = new Map<string, Value>();
  readonly #prefixes = new Prefixes<Value>();

  update({ url, key, tags, allOf, prefix }: Selector, change: (value: Value | undefined) => Value): void {
    if (key !== undefined) put(this.#keys, key, change);
    else if (url !== undefined) put(this.#urls, url, change);
    else if (allOf?.[0] !== undefined) put(this.#tags, allOf[0], change);
    else if (tags !== undefined) for (const tag of tags) put(this.#tags, tag, change);
    else if (prefix !== undefined) this.#prefixes.update(prefix, change);
    else this.#everything = change(this.#everything);
  }

  /** Hands over the values of selectors that name the entry's own URL or key. */
  visitExact(entry: Purgeable, visit: (value: Value | undefined) => void): void {
    if (this.#keys.size > 0) visit(this.#keys.get(entry.key));
    if (this.#urls.size > 0) visit(this.#urls.get(entry.url));
  }

  /** Hands over the values of all selectors whose anchor the entry has. */
  visit(entry: Purgeable, visit: (value: Value | undefined) => void): void {
    this.visitExact(entry, visit);
    visit(this.#everything);
    if (this.#tags.size > 0) for (const tag of entry.tags) visit(this.#tags.get(tag));
    if (this.#prefixes.size > 0) this.#prefixes.visit(entry.url, visit);
  }
}

function put<Value>(map: Map<string, Value>, name: string, change: (value: Value | undefined) => Value): void {
  map.set(name, change(map.get(name)));
}

/** Whether every field of the selector that is present holds for the entry. */
export function matches(selector: Selector, entry: Purgeable): boolean {
  const { cache, url, key, tags, allOf, prefix } = selector;
  return (
    (cache === undefined || cache === entry.cache) &&
    (url === undefined || url === entry.url) &&
    (key === undefined || key === entry.key) &&
    (tags === undefined || tags.some((tag) => entry.tags.includes(tag))) &&
    (allOf === undefined || allOf.every((tag) => entry.tags.includes(tag))) &&
    (prefix === undefined || entry.url.startsWith(prefix))
  );
}
