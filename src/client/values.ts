import superjson from "superjson";
import { LarderError } from "../../schema/errors.ts";

/**
 * The request that stands for a value's key. Values have no host of their own, so theirs is one that is never
 * resolved (RFC 2606 section 2).
 */
export function valueRequest(key: string): Request {
  if (typeof key !== "string" || key === "") {
    throw new LarderError("invalid-input", "key: must be a string that is not empty", { field: "key" });
  }
  return new Request(`https://values.larder.invalid/${encodeURIComponent(key.toWellFormed())}`);
}

/**
 * The response that keeps a value, with its Dates, Maps, Sets, BigInts and undefineds intact.
 *
 * @throws LarderError `invalid-input`, naming the path to what cannot be kept
 */
export function toResponse(value: unknown): Response {
  refuseUnserializable(value, "value", new Set());
  return new Response(superjson.stringify(value), { headers: { "content-type": "application/json" } });
}

export async function fromResponse<Value>(response: Response): Promise<Value> {
  return superjson.parse<Value>(await response.text());
}

/** What superjson gives back as it was; of any other object it would keep the fields and lose what it is. */
const KEPT: ReadonlySet<unknown> = new Set([Date, RegExp, URL, Error, Uint8Array]);

function refuseUnserializable(value: unknown, path: string, seen: Set<object>): void {
  if (typeof value === "function" || typeof value === "symbol") throw unserializable(path, `a ${typeof value}`);
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) refuseUnserializable(item, `${path}[${at}]`, seen);
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      refuseUnserializable(key, `${path}.keys()`, seen);
      refuseUnserializable(item, `${path}.get(${JSON.stringify(String(key))})`, seen);
    }
  } else if (value instanceof Set) {
    for (const item of value) refuseUnserializable(item, `${path}.values()`, seen);
  } else if (isPlain(value)) {
    for (const [name, item] of Object.entries(value)) refuseUnserializable(item, `${path}.${name}`, seen);
  } else if (!KEPT.has(value.constructor)) {
    throw unserializable(path, `of class ${value.constructor?.name || "unknown"}`);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unserializable(path: string, what: string): LarderError {
  return new LarderError(
    "invalid-input",
    `${path}: is ${what}, which cannot be kept; return plain data from the loader`,
    {
      field: path,
    },
  );
}
