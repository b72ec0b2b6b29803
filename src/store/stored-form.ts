import type { Place, StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";
import { ageOf } from "../log/verdict.ts";
import { Memo } from "./memo.ts";
import { zoneTagsOf } from "./zone-tags.ts";

/**
 * How an entry lies in `caches.default`: its body and its header fields, but for the status and those fields that the
 * platform acts on, changes or refuses. These are held back in one header of ours, with all else that is known of the
 * entry, and come out of it again at a hit. So `Vary` (ignored by the cache), `Set-Cookie` (refused), stale directives
 * (ignored in production, added to the lifetime by the local simulator), `Date` and `Age` mean what the origin meant.
 *
 * `Content-Encoding` is held back too: the runtime decodes a body when it is read to be stored, and encodes it anew
 * when it is sent, but takes one out of the cache still encoded.
 *
 * The other fields lie there as they are: copying a whole `Headers` costs a fraction of making one field by field.
 */
const HEADER = "larder-entry";

const HELD_BACK: ReadonlySet<string> = new Set([
  "cache-control",
  "cdn-cache-control",
  "cloudflare-cdn-cache-control",
  "surrogate-control",
  "content-encoding",
  "pragma",
  "expires",
  "date",
  "vary",
  "set-cookie",
]);

/** Never given out again: `Age` is reckoned anew, and the rest is between the origin and its caches. */
const DROPPED: ReadonlySet<string> = new Set(["age", "cache-tag", "cf-cache-status", "content-length", HEADER]);

/** What is on every stored response and on none that is given out. */
const OURS = [HEADER, "cache-control", "cache-tag", "cf-cache-status"];

/** Of what is stored, the statuses with which a Response may not have so much as an empty body (Fetch, "null body status"). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205]);

type Field = readonly [name: string, value: string];

/**
 * The content of our header, as a JSON array: it is read at every hit, and a short text is read faster. The first
 * element tells the form; anything else is treated as absent.
 */
type EntryHeader = readonly [
  form: "entry-1",
  status: number,
  epoch: string,
  seq: number,
  storedAtMs: number,
  initialAgeSeconds: number,
  ttlSeconds: number,
  staleWhileRevalidateSeconds: number,
  staleIfErrorSeconds: number,
  keepSeconds: number,
  fillSeconds: number,
  bytes: number,
  permanent: boolean,
  tags: StoredEntry["tags"],
  heldBack: readonly Field[],
  /** When the body lies under a key of its own, see `DataCentreCache`. */
  bodyKey: string | null,
];

/** No response, but a note about the responses under a key. */
type NoteHeader = readonly [form: "varies-1", names: readonly string[]] | readonly [form: "pass-1"];

export type Found =
  | {
      readonly kind: "entry";
      readonly entry: StoredEntry;
      readonly heldBack: readonly Field[];
      readonly bodyKey: string | undefined;
      /** The content coding the body is sent in: it lies decoded, and is encoded anew. */
      readonly coding?: string;
    }
  | Note;

export type Note =
  /** The responses vary on more than what the key holds (RFC 9111 section 4.1). */
  | { readonly kind: "varies"; readonly names: readonly string[] }
  /** Hit-for-miss: the last response could not be stored, so nobody need wait for the next. */
  | { readonly kind: "pass" };

/**
 * The response to keep for `entry`, whose fields are `headers`. One without a `Date` gets that of its arrival (RFC 9110
 * section 6.6.1).
 */
export function toStored(
  entry: StoredEntry,
  headers: Headers,
  body: BodyInit | null,
  nowMs: number,
  bodyKey?: string,
): Response {
  const heldBack = [...headers].filter(([name]) => HELD_BACK.has(name));
  if (!headers.has("date")) heldBack.push(["date", new Date(entry.storedAtMs).toUTCString()]);
  const header: EntryHeader = [
    "entry-1",
    entry.status,
    entry.asOf.epoch,
    entry.asOf.seq,
    entry.storedAtMs,
    entry.initialAgeSeconds,
    entry.ttlSeconds,
    entry.staleWhileRevalidateSeconds,
    entry.staleIfErrorSeconds,
    entry.keepSeconds,
    entry.fillSeconds,
    entry.bytes,
    entry.permanent,
    entry.tags,
    heldBack,
    bodyKey ?? null,
  ];
  // What is taken out of a copy leaves the other fields as they came, to the byte.
  const stored = new Headers(headers);
  for (const name of [...DROPPED, ...HELD_BACK]) stored.delete(name);
  stored.set("cache-control", `max-age=${Math.max(1, Math.ceil(lifetimeSeconds(entry) - ageOf(entry, nowMs)))}`);
  stored.set("cache-tag", [...zoneTagsOf(entry), ...entry.tags].join(","));
  stored.set(HEADER, asciiJson(header));
  return new Response(body, { headers: stored });
}

/** A note to lie under a key for so long. */
export function toNote(note: Note, maxAgeSeconds: number): Response {
  const header: NoteHeader = note.kind === "varies" ? ["varies-1", note.names] : ["pass-1"];
  return new Response(null, { headers: { "cache-control": `max-age=${maxAgeSeconds}`, [HEADER]: asciiJson(header) } });
}

/** What was last found under a key, and the header it was read from. */
const known = new Memo<{ readonly text: string; readonly found: Found | undefined }>(500);

/** What `stored`, found under `place.key`, holds; undefined when Larder did not write it. */
export function fromStored(stored: Response, place: Place): Found | undefined {
  const text = stored.headers.get(HEADER);
  if (text === null) return undefined;
  const last = known.get(place.key);
  return last?.text === text ? last.found : known.set(place.key, { text, found: fromHeader(text, place) }).found;
}

function fromHeader(text: string, place: Place): Found | undefined {
  const header = JSON.parse(text) as EntryHeader | NoteHeader;
  if (header[0] === "varies-1") return { kind: "varies", names: header[1] };
  if (header[0] === "pass-1") return { kind: "pass" };
  return header[0] === "entry-1" ? fromEntryHeader(header, place) : undefined;
}

/** Where the body of what `stored` holds lies, when that is apart. */
export function bodyKeyOf(stored: Response): string | undefined {
  const text = stored.headers.get(HEADER);
  const header = text === null ? undefined : (JSON.parse(text) as EntryHeader | NoteHeader);
  return header?.[0] === "entry-1" ? ((header.at(-1) as EntryHeader[15]) ?? undefined) : undefined;
}

/** The response as its maker gave it, with `body`; its headers may be changed. */
export function giveOut(
  stored: Response,
  { entry, heldBack }: Extract<Found, { kind: "entry" }>,
  body: ReadableStream<Uint8Array> | null,
): Response {
  const hasNoBody = WITHOUT_BODY.has(entry.status);
  // What RPC gives for no body is an empty one, and nobody waits for its end.
  if (hasNoBody) body?.cancel().catch(() => undefined);
  const response = new Response(hasNoBody ? null : body, { status: entry.status, headers: stored.headers });
  const { headers } = response;
  for (const name of OURS) headers.delete(name);
  for (const [name, value] of heldBack) headers.set(name, value);
  return response;
}

/** The fields of the response as its maker gave it, to be read by name without that having been made. */
export function givenFields(
  { headers }: Response,
  { heldBack }: Pick<Extract<Found, { kind: "entry" }>, "heldBack">,
): Pick<Headers, "get"> {
  return {
    get: (name) => {
      if (DROPPED.has(name)) return null;
      if (!HELD_BACK.has(name)) return headers.get(name);
      for (const [held, value] of heldBack) if (held === name) return value;
      return null;
    },
  };
}

/**
 * An entry on its way to another data centre's cache: as it lies here, but that it says how old it is rather than when
 * it was stored, since the two clocks are not compared.
 */
export function toTransit(
  stored: Response,
  { entry, heldBack }: Extract<Found, { kind: "entry" }>,
  body: ReadableStream<Uint8Array> | null,
  nowMs: number,
): Response {
  const { headers } = giveOut(stored, { kind: "entry", entry, heldBack, bodyKey: undefined }, null);
  return toStored({ ...entry, initialAgeSeconds: ageOf(entry, nowMs), storedAtMs: nowMs }, headers, body, nowMs);
}

/** What has arrived for `place`, with its age counted from now on by this data centre's clock. */
export function fromTransit(
  arrived: Response,
  place: Place,
  nowMs: number,
): { readonly entry: StoredEntry; readonly response: Response } | undefined {
  const text = arrived.headers.get(HEADER);
  const found = text === null ? undefined : fromHeader(text, place);
  if (found?.kind !== "entry") return undefined;
  return { entry: { ...found.entry, storedAtMs: nowMs }, response: giveOut(arrived, found, arrived.body) };
}

function fromEntryHeader(header: EntryHeader, place: Place): Found {
  const [
    ,
    status,
    epoch,
    seq,
    storedAtMs,
    initialAgeSeconds,
    ttlSeconds,
    swr,
    sie,
    keepSeconds,
    fillSeconds,
    bytes,
    permanent,
    tags,
    heldBack,
    bodyKey,
  ] = header;
  const entry: StoredEntry = {
    key: place.key,
    url: place.url,
    cache: place.cache,
    tags,
    permanent,
    asOf: { epoch, seq },
    storedAtMs,
    initialAgeSeconds,
    ttlSeconds,
    staleWhileRevalidateSeconds: swr,
    staleIfErrorSeconds: sie,
    keepSeconds,
    fillSeconds,
    status,
    bytes,
  };
  const coding = heldBack.find(([name]) => name === "content-encoding")?.[1];
  return { kind: "entry", entry, heldBack, bodyKey: bodyKey ?? undefined, ...(coding === undefined ? {} : { coding }) };
}

/** Field values are ASCII (RFC 9110 section 5.5); those that are not come out of JSON's escapes unchanged. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
