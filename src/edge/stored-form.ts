import type { StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";

/**
 * How an entry lies in `caches.default`: the body, under a status and directives the platform has no opinion on, and
 * one header with everything else. What the response really said is in that header and comes out of it again, so
 * nothing the platform adds, rewrites or acts on can change it: not `Vary` (ignored by the cache), not
 * `Set-Cookie` or a 206 (refused by it), not stale directives (ignored in production, added to the lifetime by the
 * local simulator).
 */
const HEADER = "larder-entry";

/** What is known of an entry once its key has been looked up: the header's content. */
type EntryHeader = Omit<StoredEntry, "key" | "url" | "cache"> &
  BodyFacts & {
    /** Of the form below; anything else is treated as absent. */
    readonly form: 1;
    /** Names the request headers a second look-up needs: this is no response but a note of what its variants vary on. */
    readonly variesOn?: readonly string[];
  };

interface BodyFacts {
  /** Bytes of the body, decoded. */
  readonly bytes: number;
  /** Present when the body lies under a key of its own, see `L1`. */
  readonly bodyKey?: string;
}

export type Found =
  | { readonly kind: "entry"; readonly entry: StoredEntry; readonly body: BodyFacts }
  | { readonly kind: "varies"; readonly names: readonly string[] };

/** The response to keep for `entry`. */
export function toStored(entry: StoredEntry, body: BodyInit | null, about: BodyFacts): Response {
  const { key, url, cache, ...rest } = entry;
  const header: EntryHeader = { form: 1, ...rest, ...about };
  const headers = new Headers({
    "cache-control": `max-age=${remainingSeconds(entry)}`,
    [HEADER]: asciiJson(header),
  });
  if (entry.tags.length > 0) headers.set("cache-tag", entry.tags.join(","));
  // With its coding named, workerd passes an encoded body through instead of decoding and encoding it at every hit.
  const coding = entry.headers.find(([name]) => name === "content-encoding");
  if (coding !== undefined) headers.set(...coding);
  return new Response(body, { headers });
}

/** The note under a key whose responses vary on more than the key holds (RFC 9111 section 4.1). */
export function toVariesNote(names: readonly string[], maxAgeSeconds: number): Response {
  return new Response(null, {
    headers: { "cache-control": `max-age=${maxAgeSeconds}`, [HEADER]: asciiJson({ form: 1, variesOn: names }) },
  });
}

/** What `stored`, found under `place.key`, holds; undefined when Larder did not write it. */
export function fromStored(stored: Response, place: Pick<StoredEntry, "key" | "url" | "cache">): Found | undefined {
  const text = stored.headers.get(HEADER);
  if (text === null) return undefined;
  const header = JSON.parse(text) as EntryHeader;
  if (header.form !== 1) return undefined;
  if (header.variesOn !== undefined) return { kind: "varies", names: header.variesOn };
  return { kind: "entry", entry: Object.assign(header, place), body: header };
}

/** The platform is told the whole lifetime: whether an entry may be served inside it is for the verdict. */
function remainingSeconds(entry: StoredEntry): number {
  return Math.max(1, Math.ceil(lifetimeSeconds(entry) - entry.initialAgeSeconds));
}

/** Field values are ASCII (RFC 9110 section 5.5); header values that are not come out of JSON's escapes unchanged. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
