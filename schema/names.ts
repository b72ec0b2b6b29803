import * as v from "valibot";
import { limits, RESERVED_NAMESPACE } from "./limits.ts";
import { atMost } from "./validate.ts";

/** The unit of isolation and of scale: one Durable Object. */
export type Namespace = string & v.Brand<"Namespace">;
/** The name of a cache inside its namespace. */
export type CacheName = string & v.Brand<"CacheName">;
/** A label on entries, by which they are purged. */
export type Tag = string & v.Brand<"Tag">;

const name = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.nameCharacters, `must be at most ${limits.nameCharacters} characters`),
  // A dot or two would be taken for a path segment of its own by every URL that names it.
  v.regex(/^(?!\.{1,2}$)[A-Za-z0-9._:-]+$/, "may hold only letters, digits and . _ : - and not be . or .."),
);

export const NamespaceSchema = v.pipe(
  name,
  v.check((text) => text !== RESERVED_NAMESPACE, `must not be "${RESERVED_NAMESPACE}": that namespace is reserved`),
  v.brand("Namespace"),
);

export const CacheNameSchema = v.pipe(name, v.brand("CacheName"));

export const TagSchema = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.tagCharacters, `must be at most ${limits.tagCharacters} characters`),
  // Printable ASCII without the space (0x20) and the comma, which separates tags in a Cache-Tag field.
  v.regex(/^[\x21-\x2b\x2d-\x7e]+$/, "must be printable ASCII without spaces or commas"),
  v.brand("Tag"),
);

export const TagsSchema = v.pipe(
  v.array(TagSchema, "must be an array of tags"),
  v.maxLength(limits.tagsPerEntry, `must hold at most ${limits.tagsPerEntry} tags`),
  atMost(
    limits.tagsTotalCharacters,
    (tags: Tag[]) => tags.reduce((sum, tag) => sum + tag.length + 1, -1),
    `must be at most ${limits.tagsTotalCharacters} characters in all, joined by commas`,
  ),
);
