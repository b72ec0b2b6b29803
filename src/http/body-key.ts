import { graphqlKey, type NotAQuery, type Persisted, REQUEST_MEMBERS } from "./graphql-key.ts";
import { splitParameters, trimOws } from "./list.ts";

export interface BodyKeyOptions {
  /** Bodies above it are not read, nor keyed. */
  readonly mostBytes: number;
  /** Keyed byte for byte, or by what is asked for in GraphQL. */
  readonly as: { readonly kind: "bytes" } | { readonly kind: "graphql"; readonly persisted: Persisted };
}

/** With the body as it is to be sent on: the request's own has been read. */
export type BodyKey =
  | { readonly kind: "keyed"; readonly key: string; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly kind: "too-big"; readonly body: ReadableStream<Uint8Array> }
  | { readonly kind: "not-a-query"; readonly body: Uint8Array<ArrayBuffer>; readonly why: NotAQuery };

/**
 * The key of a request's body: the SHA-256, in base64url, of what it holds and of the fields that say what that means.
 * Reads at most `mostBytes` and one chunk, and nothing of a body that says it is longer.
 *
 * @throws what reading the body throws, and a TypeError when it has been read before
 */
export async function bodyKey(request: Request, { mostBytes, as }: BodyKeyOptions): Promise<BodyKey> {
  const { body } = request;
  if (body === null) return keyOf(request, new Uint8Array(), as);
  if (Number(request.headers.get("content-length") ?? 0) > mostBytes) return { kind: "too-big", body };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    chunks.push(read.value);
    bytes += read.value.byteLength;
    if (bytes > mostBytes) return { kind: "too-big", body: joined(chunks, reader) };
  }
  return keyOf(request, whole(chunks, bytes), as);
}

/** What was read, and then the rest. */
function joined(chunks: Uint8Array[], rest: ReadableStreamDefaultReader<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift();
      if (chunk !== undefined) return controller.enqueue(chunk);
      const read = await rest.read();
      if (read.done) controller.close();
      else controller.enqueue(read.value);
    },
    cancel: (reason) => rest.cancel(reason),
  });
}

function whole(chunks: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

async function keyOf(request: Request, body: Uint8Array<ArrayBuffer>, as: BodyKeyOptions["as"]): Promise<BodyKey> {
  if (as.kind === "bytes") return { kind: "keyed", key: await digest(request, "bytes", body), body };
  const judged = isPlainJson(request) ? graphqlKey(decoded(body), as.persisted) : UNPARSABLE;
  if (judged.kind === "not-a-query") return { ...judged, body };
  return { kind: "keyed", key: await digest(request, "graphql", new TextEncoder().encode(judged.text)), body };
}

const UNPARSABLE = { kind: "not-a-query", why: "unparsable" } as const;

/** What is not UTF-8 is no JSON either (RFC 8259 section 8.1). */
function decoded(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return "";
  }
}

/**
 * Whether the request means what its body says as JSON in UTF-8. A URL may hold a query or variables of its own, which
 * some servers take instead (express-graphql and Hono's do), and the key may leave out what is in the URL.
 */
function isPlainJson(request: Request): boolean {
  const coding = request.headers.get("content-encoding") ?? "identity";
  const { mediaType, parameters } = contentType(request);
  const { searchParams } = new URL(request.url);
  return (
    coding.toLowerCase() === "identity" &&
    /^application\/(?:json|[a-z0-9.+-]+\+json)$/.test(mediaType) &&
    parameters.every((parameter) => !/^charset=/i.test(parameter) || /^charset="?utf-?8"?$/i.test(parameter)) &&
    !REQUEST_MEMBERS.some((name) => searchParams.has(name))
  );
}

function contentType(request: Request): { mediaType: string; parameters: readonly string[] } {
  const [mediaType = "", ...parameters] = splitParameters(request.headers.get("content-type") ?? "");
  return { mediaType: mediaType.toLowerCase(), parameters };
}

/** Of the fields that a body is read by (RFC 9110 section 8) and the content, joined so that none runs into the next. */
async function digest(request: Request, kind: "bytes" | "graphql", content: Uint8Array): Promise<string> {
  const { mediaType, parameters } = contentType(request);
  const coding = trimOws(request.headers.get("content-encoding") ?? "").toLowerCase();
  const language = trimOws(request.headers.get("content-language") ?? "").toLowerCase();
  // JSON has no line break outside its strings, nor in them.
  const head = new TextEncoder().encode(`${JSON.stringify([kind, mediaType, parameters, coding, language])}\n`);
  const hash = await crypto.subtle.digest("SHA-256", whole([head, content], head.byteLength + content.byteLength));
  return btoa(String.fromCharCode(...new Uint8Array(hash)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
