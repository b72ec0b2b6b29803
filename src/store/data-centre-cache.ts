import type { Place, StoredEntry } from "../../schema/entry.ts";
import type { RefusalReason } from "../../schema/events.ts";
import type { Key } from "../../schema/key.ts";
import { log } from "../telemetry/log.ts";
import type { Found, Note } from "./stored-form.ts";
import { bodyKeyOf, fromStored, giveOut, toNote, toStored } from "./stored-form.ts";

/** A body up to this size is read before it is stored, and stored at once. */
const INLINE_BYTES = 1024 * 1024;

/** An entry before its body has been counted. */
export type Unmeasured = Omit<StoredEntry, "bytes">;

/** What tells one copy of an entry from another of its key. */
export type Copy = Place & Pick<StoredEntry, "asOf" | "storedAtMs" | "bytes">;

function isSame(entry: Copy, { asOf, storedAtMs, bytes }: Copy): boolean {
  const isAsOf = entry.asOf.epoch === asOf.epoch && entry.asOf.seq === asOf.seq;
  return isAsOf && entry.storedAtMs === storedAtMs && entry.bytes === bytes;
}

/** What lies under a key. */
export interface InCache {
  readonly stored: Response;
  readonly found: Found;
  readonly body: ReadableStream<Uint8Array> | null;
}

export type Stored =
  | { readonly stored: true; readonly bytes: number }
  | {
      readonly stored: false;
      readonly reason: Extract<RefusalReason, "too-large" | "incomplete" | "cache-unavailable">;
    };

/** Whether the platform's cache keeps anything here; asked once an isolate, at its first put. */
let works: boolean | undefined;

/**
 * The data centre's cache. An entry is there as a whole or not at all: the local simulator keeps what it has received
 * of a body that fails in the middle, so a body too large to be read first is stored under a key of its own, and the
 * entry that points to it only once that body has ended well.
 */
export class DataCentreCache {
  readonly #open: () => Cache;

  constructor(open: () => Cache) {
    this.#open = open;
  }

  get #cache(): Cache {
    return this.#open();
  }

  /** What lies under the key, without its body having been read. Cancels nothing: read the body or cancel it. */
  async match(place: Place): Promise<InCache | undefined> {
    // A bare GET: given the caller's request, `match` would answer its Range and conditions by itself.
    const stored = await this.#cache.match(place.key);
    if (stored === undefined) return undefined;
    const found = fromStored(stored, place);
    if (found?.kind !== "entry" || found.bodyKey === undefined) {
      return found === undefined ? undefined : { stored, found, body: stored.body };
    }
    const apart = await this.#cache.match(found.bodyKey);
    return apart === undefined ? undefined : { stored, found, body: apart.body };
  }

  /** Stores the entry with the fields and the body of `response`, which it takes over. */
  async put(entry: Unmeasured, { headers, body }: Response, maxBodyBytes: number): Promise<Stored> {
    const start = await readStart(body, Math.min(INLINE_BYTES, maxBodyBytes + 1)).catch(() => undefined);
    if (start === undefined) return { stored: false, reason: "incomplete" };
    if (start.bytes > maxBodyBytes) {
      await start.rest?.cancel();
      return { stored: false, reason: "too-large" };
    }
    const stored: Stored =
      start.rest === null
        ? await this.#putWhole({ ...entry, bytes: start.bytes }, headers, start.chunks)
        : await this.#putStream(entry, headers, concatenate(start.chunks, start.rest), maxBodyBytes);
    if (!stored.stored) return stored;
    works ??= await this.#keeps(entry.key);
    return works ? stored : { stored: false, reason: "cache-unavailable" };
  }

  /** Leaves a note under `key`, in the place of what lies there. */
  async putNote(key: Key, note: Note, maxAgeSeconds: number): Promise<void> {
    await this.#cache.put(key, toNote(note, maxAgeSeconds));
  }

  /** Removes what lies under the key, and its body where that lies apart. */
  async remove(key: Key): Promise<void> {
    const stored = await this.#cache.match(key);
    if (stored === undefined) return;
    await stored.body?.cancel();
    await this.#cache.delete(key);
    const bodyKey = bodyKeyOf(stored);
    if (bodyKey !== undefined) await this.#cache.delete(bodyKey);
  }

  /** Changes what is known of an entry, unless another has taken its place. */
  async amend(
    entry: StoredEntry,
    changes: Partial<Pick<StoredEntry, "asOf" | "ttlSeconds">>,
    nowMs: number,
  ): Promise<void> {
    const lying = await this.#lying(entry);
    if (lying === undefined) return;
    const { stored, found } = lying;
    // Another that was stored in the same millisecond may have other tags.
    if (JSON.stringify(found.entry) !== JSON.stringify(entry)) {
      await stored.body?.cancel();
      return;
    }
    const { headers } = giveOut(stored, found, null);
    const body = found.bodyKey === undefined ? stored.body : null;
    await this.#cache.put(entry.key, toStored({ ...found.entry, ...changes }, headers, body, nowMs, found.bodyKey));
  }

  /** Removes the entry, unless another has taken its place. */
  async takeBack(entry: Copy): Promise<void> {
    const lying = await this.#lying(entry);
    if (lying === undefined) return;
    await lying.stored.body?.cancel();
    await this.#cache.delete(entry.key);
    if (lying.found.bodyKey !== undefined) await this.#cache.delete(lying.found.bodyKey);
  }

  /** Whether the entry lies here itself, and not another of its key. */
  async holds(entry: Copy): Promise<boolean> {
    const lying = await this.#lying(entry);
    await lying?.stored.body?.cancel();
    return lying !== undefined;
  }

  async #lying(copy: Copy): Promise<{ stored: Response; found: Extract<Found, { kind: "entry" }> } | undefined> {
    const stored = await this.#cache.match(copy.key);
    const found = stored === undefined ? undefined : fromStored(stored, copy);
    if (stored !== undefined && found?.kind === "entry" && isSame(found.entry, copy)) return { stored, found };
    await stored?.body?.cancel();
    return undefined;
  }

  async #putWhole(entry: StoredEntry, headers: Headers, chunks: readonly Uint8Array[]): Promise<Stored> {
    const body = entry.bytes === 0 ? null : new Blob(chunks as Uint8Array<ArrayBuffer>[]);
    await this.#cache.put(entry.key, toStored(entry, headers, body, entry.storedAtMs));
    return { stored: true, bytes: entry.bytes };
  }

  async #putStream(
    entry: Unmeasured,
    headers: Headers,
    body: ReadableStream<Uint8Array>,
    maxBodyBytes: number,
  ): Promise<Stored> {
    const bodyKey = `${entry.key}&body=${crypto.randomUUID()}`;
    const meter = new Meter(maxBodyBytes);
    try {
      const measured = body.pipeThrough(meter.stream);
      await this.#cache.put(bodyKey, toStored({ ...entry, bytes: 0 }, headers, measured, entry.storedAtMs));
    } catch {
      // What the put did not end well is of no use, see below.
    }
    // The meter tells, not the put, which takes a connection that is lost in the middle for the end of the body.
    const { bytes } = meter;
    if (!meter.ended) {
      await this.#cache.delete(bodyKey);
      return { stored: false, reason: meter.exceeded ? "too-large" : "incomplete" };
    }
    await this.#cache.put(entry.key, toStored({ ...entry, bytes }, headers, null, entry.storedAtMs, bodyKey));
    return { stored: true, bytes };
  }

  async #keeps(key: Key): Promise<boolean> {
    const stored = await this.#cache.match(key);
    await stored?.body?.cancel();
    if (stored !== undefined) return true;
    log(
      "warn",
      "caches.default keeps nothing here, so nothing is cached. It does nothing behind Cloudflare Access, in Workers for Platforms and in dashboard previews.",
    );
    return false;
  }
}

/** Reads until `enough` bytes have come or the body has ended; `rest` is what is left, null after the end. */
async function readStart(
  body: ReadableStream<Uint8Array> | null,
  enough: number,
): Promise<{ chunks: Uint8Array[]; bytes: number; rest: ReadableStream<Uint8Array> | null }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (body === null) return { chunks, bytes, rest: null };
  const reader = body.getReader();
  while (bytes < enough) {
    const { done, value } = await reader.read();
    if (done) return { chunks, bytes, rest: null };
    chunks.push(value);
    bytes += value.byteLength;
  }
  reader.releaseLock();
  return { chunks, bytes, rest: body };
}

function concatenate(chunks: readonly Uint8Array[], rest: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = rest.getReader();
  let at = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks[at++];
      if (chunk !== undefined) return controller.enqueue(chunk);
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Counts what passes through, and fails past the limit. */
class Meter {
  bytes = 0;
  exceeded = false;
  /** Whether the body has ended, and ended well. */
  ended = false;
  readonly stream: TransformStream<Uint8Array, Uint8Array>;

  constructor(limit: number) {
    this.stream = new TransformStream({
      transform: (chunk, controller) => {
        this.bytes += chunk.byteLength;
        if (this.bytes <= limit) return controller.enqueue(chunk);
        this.exceeded = true;
        return controller.error(new Error(`the body is larger than ${limit} bytes`));
      },
      flush: () => {
        this.ended = true;
      },
    });
  }
}
