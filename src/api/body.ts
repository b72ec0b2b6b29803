import { LarderError } from "../../schema/errors.ts";
import { limits } from "../../schema/limits.ts";

const MAX_BYTES = limits.apiBodyBytes;

/**
 * The JSON object in a request's body. Its members are not looked at: they are whatever the client sent, to be checked
 * against a schema that refuses names it does not know (`__proto__` is one, since `JSON.parse` makes it a plain member).
 *
 * @throws LarderError `invalid-input` with the field `content-type` for a body that does not call itself JSON and with
 *   the field `body` for one that is no JSON object; `body-too-large` above {@link limits.apiBodyBytes} bytes
 */
export async function readJsonObject(request: Request): Promise<object> {
  requireJson(request.headers.get("Content-Type"));
  const value = parseJson(await readBytes(request.body));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bodyError("must be a JSON object");
  return value;
}

/** Parameters are let pass: JSON defines none, and a `charset` has no effect on it (RFC 8259 section 11). */
function requireJson(contentType: string | null): void {
  const [mediaType = ""] = (contentType ?? "").split(";", 1);
  if (mediaType.trim().toLowerCase() === "application/json") return;
  const message = "content-type: must be application/json; send the header Content-Type: application/json";
  throw new LarderError("invalid-input", message, { field: "content-type" });
}

/** Counts what arrives: a Content-Length may be missing or untrue. Leaving the loop early cancels the rest. */
async function readBytes(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BYTES) {
      const message = `body: must be at most ${MAX_BYTES} bytes; split the request into several`;
      throw new LarderError("body-too-large", message, { field: "body", limit: MAX_BYTES });
    }
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw bodyError("is empty, and must be a JSON object");
  try {
    // RFC 8259 section 8.1: UTF-8, and a byte order mark may be ignored.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw bodyError("is not valid JSON in UTF-8");
  }
}

function bodyError(fault: string): LarderError {
  return new LarderError("invalid-input", `body: ${fault}`, { field: "body" });
}
