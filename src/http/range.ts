import { matchesStrongly, parseEntityTag } from "./entity-tag.ts";
import { parseHttpDate } from "./http-date.ts";
import { splitList } from "./list.ts";

/** What of an entry is to be sent. */
export type RangeOutcome =
  /** All of it, with its own status. */
  | { readonly kind: "whole" }
  /** The bytes from `first` to `last`, both included, with 206 and Content-Range. */
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  /** None of it, with 416. */
  | { readonly kind: "unsatisfiable" };

export interface RangeableEntry {
  readonly status: number;
  readonly headers: Headers;
  /** Of the body as it is stored. */
  readonly sizeBytes: number;
}

const WHOLE: RangeOutcome = { kind: "whole" };

/**
 * What a GET with `requestHeaders` gets of an entry (RFC 9110 sections 14.1.2, 14.2 and 13.1.5). A server may ignore
 * any Range (section 14.2), and this one ignores several ranges, units other than bytes, whatever is malformed, and
 * ranges of encoded bodies, whose bytes the platform may encode anew on their way out. The preconditions of
 * conditional.ts are to be judged first (section 13.2.2).
 */
export function rangeOutcome(requestHeaders: Headers, entry: RangeableEntry): RangeOutcome {
  const range = requestHeaders.get("range");
  if (range === null || entry.status !== 200 || isEncoded(entry.headers)) return WHOLE;
  const ifRange = requestHeaders.get("if-range");
  if (ifRange !== null && !isUnchanged(ifRange, entry.headers)) return WHOLE;
  const set = /^bytes=(.*)$/is.exec(range)?.[1];
  const [spec, ...others] = splitList(set ?? "");
  return spec === undefined || others.length > 0 ? WHOLE : outcomeOf(spec, entry.sizeBytes);
}

function isEncoded(headers: Headers): boolean {
  return splitList(headers.get("content-encoding") ?? "").some((coding) => coding.toLowerCase() !== "identity");
}

/**
 * RFC 9110 section 13.1.5: the part goes only with what the client has the rest of. A tag is compared strongly; a date
 * must be Last-Modified itself and a strong validator, that is, at least a second before Date (section 8.8.2.2).
 */
function isUnchanged(ifRange: string, headers: Headers): boolean {
  const tag = parseEntityTag(ifRange);
  if (tag !== undefined) {
    const own = parseEntityTag(headers.get("etag") ?? "");
    return own !== undefined && matchesStrongly(tag, own);
  }
  const presentedMs = parseHttpDate(ifRange);
  const modifiedMs = parseHttpDate(headers.get("last-modified") ?? "");
  const dateMs = parseHttpDate(headers.get("date") ?? "");
  if (presentedMs === undefined || dateMs === undefined) return false;
  return presentedMs === modifiedMs && presentedMs + 1000 <= dateMs;
}

/** One `range-spec` of RFC 9110 section 14.1.1: `first-last`, `first-` or `-length`. */
function outcomeOf(spec: string, sizeBytes: number): RangeOutcome {
  const [, firstText = "", lastText = ""] = /^([0-9]*)-([0-9]*)$/.exec(spec) ?? [];
  if (firstText === "") return lastText === "" ? WHOLE : suffixOutcome(Number(lastText), sizeBytes);
  const first = Number(firstText);
  const last = lastText === "" ? Number.POSITIVE_INFINITY : Number(lastText);
  if (first > last) return WHOLE;
  if (first >= sizeBytes) return { kind: "unsatisfiable" };
  return { kind: "part", first, last: Math.min(last, sizeBytes - 1) };
}

/** The last `lengthBytes` bytes. Of an empty body that is satisfiable, but no Content-Range can say so. */
function suffixOutcome(lengthBytes: number, sizeBytes: number): RangeOutcome {
  if (lengthBytes === 0) return { kind: "unsatisfiable" };
  if (sizeBytes === 0) return WHOLE;
  return { kind: "part", first: Math.max(0, sizeBytes - lengthBytes), last: sizeBytes - 1 };
}

/**
 * Passes on the bytes from `first` to `last`, both included and counted from 0, and ends the readable side after the
 * last of them, without waiting for the rest.
 */
export function sliceBytes(first: number, last: number): TransformStream<Uint8Array, Uint8Array> {
  let position = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const part = chunk.subarray(Math.max(0, first - position), Math.max(0, last + 1 - position));
      position += chunk.byteLength;
      if (part.byteLength > 0) controller.enqueue(part);
      if (position > last) controller.terminate();
    },
  });
}
