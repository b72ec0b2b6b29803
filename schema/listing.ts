import * as v from "valibot";
import type { EntryState } from "./entry-states.ts";
import { entryStates } from "./entry-states.ts";
import { wholeNumber } from "./fields.ts";
import type { Key, NormalUrl } from "./key.ts";
import { limits } from "./limits.ts";
import type { CacheName, Namespace, Tag } from "./names.ts";
import { CacheNameSchema, TagSchema } from "./names.ts";
import { PrefixSchema } from "./purge-request.ts";
import type { Version } from "./version.ts";

const limit = v.optional(v.pipe(wholeNumber(limits.listPage), v.minValue(1, "must be at least 1")), 50);

/** Which entries of the index to list. */
export const EntriesRequestSchema = v.strictObject({
  cache: v.optional(CacheNameSchema),
  tag: v.optional(TagSchema),
  /** Of the request's URL. */
  prefix: v.optional(PrefixSchema),
  state: v.optional(v.picklist(entryStates, 'must be "fresh", "stale" or "purged"')),
  /** The entries after this key. */
  after: v.optional(v.string("must be a key, as the last page ended with"), ""),
  limit,
});

export type EntriesRequest = v.InferInput<typeof EntriesRequestSchema>;

/** An entry as the index has it. A data centre's cache may have dropped it, which the index does not learn. */
export interface ListedEntry {
  readonly key: Key;
  readonly url: NormalUrl;
  readonly cache: CacheName;
  readonly status: number;
  /** Of its body, decoded. */
  readonly bytes: number;
  readonly tags: readonly Tag[];
  readonly permanent: boolean;
  readonly state: EntryState;
  readonly storedAt: Date;
  readonly freshUntil: Date;
  /** When it may no longer be served at all. */
  readonly expiresAt: Date;
  /** The log its maker knew. */
  readonly asOf: Version;
}

export interface EntriesPage {
  /** In the order of their keys. A page may be short, and yet not the last. */
  readonly entries: readonly ListedEntry[];
  /** Hand it to `after` for the next page; absent on the last. */
  readonly after?: string;
}

/** Which tags to list. */
export const TagsRequestSchema = v.strictObject({
  cache: v.optional(CacheNameSchema),
  /** What they begin with. */
  prefix: v.optional(TagSchema),
  after: v.optional(v.string("must be what the last page ended with"), ""),
  limit,
});

export type TagsRequest = v.InferInput<typeof TagsRequestSchema>;

export interface TagsPage {
  /** In the order of their names, then of their caches'. `entries` counts those in the index that carry it. */
  readonly tags: readonly { readonly tag: Tag; readonly cache: CacheName; readonly entries: number }[];
  readonly after?: string;
}

/** A namespace in which something has been stored or purged. */
export interface ListedNamespace {
  readonly name: Namespace;
  /** When it was first heard of. */
  readonly since: Date;
}

export interface NamespacesPage {
  readonly namespaces: readonly ListedNamespace[];
  readonly after?: string;
}

export const NamespacesRequestSchema = v.strictObject({
  after: v.optional(v.string("must be a name, as the last page ended with"), ""),
  limit,
});

export type NamespacesRequest = v.InferInput<typeof NamespacesRequestSchema>;
