import type { StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";

/**
 * How an entry lies in `caches.default`: its body and its header fields, but for the status and those fields that the
 * platform acts on, changes or refuses. These are held back in one header of ours, with all else that is known of the
 * entry, and come out of it again at a hit. So `Vary` (ignored by the cache), `Set-Cookie` (refused), stale directives
 * (ignored in production, added to the lifetime by the local simulator), `Date` and `Age` mean what the origin meant.
 *
 * The other fields lie there as they are: copying a whole `Headers` costs a fraction of making one field by field.
 */
const HEADER = "larder-entry";

const HELD_BACK: ReadonlySet<string> = new Set([
  "cache-control",
  "cdn-cache-control",
  "cloudflare-cdn-cache-control",
  "surrogate-control",
  "pragma",
  "expires",
  "date",
  "vary",
  "set-cookie",
]);

/** Never given out again: `Age` is reckoned anew, and the rest is between the origin and its caches. */
const DROPPED: ReadonlySet<string> = new Set(["age", "cache-tag", "cf-cache-status", "content-length", HEADER]);

type Field = readonly [name: string, value: string];

/** The content of our header. */
type EntryHeader = Omit<StoredEntry, "key" | "url" | "cache"> & {
  /** Of the form below; anything else is treated as absent. */
  readonly form: 1;
  readonly heldBack: readonly Field[];
  /** Present when the body lies under a key of its own, see `L1`. */
  readonly bodyKey?: string;
  /** Names the request headers a second look-up needs: this is no response but a note of what its variants vary on. */
  readonly variesOn?: readonly string[];
};

export type Found =
  | {
      readonly kind: "entry";
      readonly entry: StoredEntry;
      readonly bodyKey: string | undefined;
      /** The response as its maker gave it, with `body`; its headers may be changed. */
      respond(body: ReadableStream<Uint8Array> | null): Response;
    }
  | { readonly kind: "varies"; readonly names: readonly string[] };

/**
 * The response to keep for `entry`, whose fields are `headers`. One without a `Date` gets that of its arrival (RFC 9110
 * section 6.6.1).
 */
export function toStored(entry: StoredEntry, headers: Headers, body: BodyInit | null, bodyKey?: string): Response {
  const fields = [...headers].filter(([name]) => !DROPPED.has(name));
  const heldBack = fields.filter(([name]) => HELD_BACK.has(name));
  if (!headers.has("date")) heldBack.push(["date", new Date(entry.storedAtMs).toUTCString()]);
  const { key, url, cache, ...rest } = entry;
  const header: EntryHeader = { form: 1, ...rest, heldBack, ...(bodyKey === undefined ? {} : { bodyKey }) };
  const stored = new Headers(fields.filter(([name]) => !HELD_BACK.has(name)));
  stored.set("cache-control", `max-age=${Math.max(1, Math.ceil(lifetimeSeconds(entry) - entry.initialAgeSeconds))}`);
  if (entry.tags.length > 0) stored.set("cache-tag", entry.tags.join(","));
  stored.set(HEADER, asciiJson(header));
  return new Response(body, { headers: stored });
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
  const { status, heldBack, bodyKey } = header;
  return {
    kind: "entry",
    entry: Object.assign(header, place),
    bodyKey,
    respond: (body) => {
      const response = new Response(body, { status, headers: stored.headers });
      for (const name of [HEADER, "cache-control", "cache-tag", "cf-cache-status"]) response.headers.delete(name);
      for (const [name, value] of heldBack) response.headers.set(name, value);
      return response;
    },
  };
}

/** Field values are ASCII (RFC 9110 section 5.5); those that are not come out of JSON's escapes unchanged. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
