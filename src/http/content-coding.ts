import { parseCacheControl } from "./cache-control.ts";
import { parseEntityTag } from "./entity-tag.ts";
import { normalizedAcceptEncoding } from "./vary.ts";

/** What the runtime decodes and encodes by itself, and only in this spelling; anything else lies as it came. */
const BY_THE_RUNTIME: ReadonlySet<string> = new Set(["br", "gzip"]);

/**
 * Takes the content coding of what is stored, where the body lies decoded, from an answer to a client that does not
 * accept it: its origin has forgotten `Vary`, so others get the same entry (RFC 9110 section 12.5.3).
 *
 * A strong validator would be of the encoded bytes (section 8.8.1), so it becomes a weak one. With `no-transform` the
 * coding stays (RFC 9111 section 5.2.2.6).
 */
export function decodeUnlessAccepted(requestHeaders: Headers, headers: Headers): void {
  const coding = headers.get("content-encoding") ?? "";
  if (!BY_THE_RUNTIME.has(coding) || normalizedAcceptEncoding(requestHeaders).split(", ").includes(coding)) return;
  if (parseCacheControl(headers).flags.has("no-transform")) return;
  headers.delete("content-encoding");
  const tag = parseEntityTag(headers.get("etag") ?? "");
  if (tag?.strength === "strong") headers.set("etag", `W/${tag.opaque}`);
}
