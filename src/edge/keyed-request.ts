import { LarderError } from "../../schema/errors.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { bodyKey } from "../http/body-key.ts";
import { isKeyedByBody } from "./place.ts";
import { policyFor } from "./policy.ts";

/** A request as the cache takes it: without its body, which is for the origin. */
export interface KeyedRequest {
  readonly asked: Request;
  /** What its body comes to, where it is told apart by that; null when it is too large to. */
  readonly body?: string | null;
  /** Its body, where that has been read. */
  readonly content?: Uint8Array;
}

/**
 * Reads the body of a request where its answer may be kept and depends on that (RFC 10008 section 2.7). The request itself
 * stays as it was.
 *
 * @throws LarderError `invalid-input` when its body is wanted and has been read already
 */
export async function keyedRequest(config: CacheConfig, request: Request): Promise<KeyedRequest> {
  if (!isKeyedByBody(request)) return { asked: request };
  const asked = withoutBody(request);
  const { caching, isCachedMethod, bypass, graphql } = policyFor(config, request);
  if (caching === "off" || !isCachedMethod || bypass !== undefined) return { asked };
  if (request.bodyUsed) {
    throw new LarderError(
      "invalid-input",
      `request: its body has been read, and the answer to ${request.method} depends on it; ask the cache first, or pass a clone`,
      { field: "request" },
    );
  }
  const mostBytes = request.method === "QUERY" ? limits.queryBodyBytes : limits.keyedBodyBytes;
  const as =
    graphql === undefined ? ({ kind: "bytes" } as const) : ({ kind: "graphql", persisted: graphql.persisted } as const);
  const keyed = await bodyKey(request.clone(), { mostBytes, as });
  switch (keyed.kind) {
    case "keyed":
      return { asked, body: keyed.key, content: keyed.body };
    case "not-a-query":
      return { asked };
    case "too-big":
      await keyed.body.cancel();
      return { asked, body: null };
  }
}

export function withoutBody({ url, method, headers, cf }: Request): Request {
  return new Request(url, { method, headers, ...(cf === undefined ? {} : { cf }) } as RequestInit);
}
