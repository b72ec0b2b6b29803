/**
 * All errors of Larder. A code is stable: programs may test for it. The message is for people, and says what was
 * wrong, where, and what to do.
 */
export const errorCodes = [
  /** A value that Larder cannot accept; `field` names it, `limit` the bound it broke, where there is one. */
  "invalid-input",
  /** The body is larger than `maxBodyBytes`. */
  "body-too-large",
  /** The caller's binding is not allowed to use that namespace. */
  "forbidden",
  /** The token or the binding lacks a scope, or is for other namespaces, caches or tags; the message says which. */
  "insufficient-scope",
  /** The purge would hit more entries than it, or its cache, allows; the message says how many. */
  "too-many-entries",
  /** The purge cannot be taken back; the message says why. */
  "not-revocable",
  /** Something is imported only into a namespace in which nothing has been stored, purged or scheduled. */
  "not-empty",
  /** No bearer token, or one that is wrong, has expired or was revoked. */
  "unauthorized",
  /** The REST API has neither a token nor keys for tokens configured, so it is closed. */
  "api-closed",
  /** No such route or resource. */
  "not-found",
  /** The route exists, the method does not. */
  "method-not-allowed",
  /** The route is a WebSocket, and the request asks for none. */
  "upgrade-required",
  /** The namespace object did not answer. */
  "unreachable",
  /** The Worker lacks a binding that Larder needs. */
  "not-bound",
  /** A fault of Larder's own; what it was is in the Worker's log. */
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** The option or property at fault, as a path: `tags[3]`, `rules[0].path`. */
  readonly field?: string;
  /** The bound that was broken, in the unit the message names. */
  readonly limit?: number;
}

/**
 * The one error class. At this project's compatibility date it crosses RPC with its own properties but without its
 * class (test/objects/errors-over-rpc.test.ts holds both): use {@link asLarderError} on what a stub throws.
 */
export class LarderError extends Error {
  override readonly name = "LarderError";
  readonly code: ErrorCode;
  readonly field?: string;
  readonly limit?: number;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    if (details.field !== undefined) this.field = details.field;
    if (details.limit !== undefined) this.limit = details.limit;
  }
}

/** The Larder error that `thrown` is, or was before it crossed an RPC boundary; undefined for anything else. */
export function asLarderError(thrown: unknown): LarderError | undefined {
  if (thrown instanceof LarderError) return thrown;
  if (!(thrown instanceof Error) || thrown.name !== "LarderError") return undefined;
  const { code, field, limit } = thrown as Error & { code?: unknown; field?: unknown; limit?: unknown };
  const known = errorCodes.find((candidate) => candidate === code);
  if (known === undefined) return undefined;
  return new LarderError(known, thrown.message, {
    ...(typeof field === "string" ? { field } : {}),
    ...(typeof limit === "number" ? { limit } : {}),
  });
}
