import * as v from "valibot";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";
import { TagSchema } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand } from "../../schema/rpc.ts";
import type { Version } from "../../schema/version.ts";
import { VERSION_FORM } from "../../schema/version.ts";
import type { ReadThrough } from "../edge/read-through.ts";
import { parseCookies } from "../http/cookies.ts";
import { namedByConnection } from "../http/hop-by-hop.ts";
import { finalAnswer } from "./max-forwards.ts";
import { fetchOrigin, parseOrigin } from "./origin.ts";

/**
 * Serve nothing that a purge up to this version has hit: a request header, or a cookie, which a CMS sets on its editor
 * so that the editor never sees the page before the edit.
 */
const AT_LEAST = "larder-at-least";

/** Fields of a request by which it speaks to caches, this one included. */
const TO_CACHES: ReadonlySet<string> = new Set(["cache-control", "pragma", AT_LEAST]);

export interface GatewayOptions {
  /** The site to stand in front of: scheme, host and port. */
  readonly origin: string;
  /** The cache to keep its responses in. */
  readonly config: CacheConfig;
  readonly readThrough: ReadThrough;
}

/**
 * A shared cache in front of any HTTP site, which follows the site's own headers. Tags come from the origin's
 * `Cache-Tag` field, as they do on Cloudflare.
 */
export function createGateway({
  origin,
  config,
  readThrough,
}: GatewayOptions): (request: Request) => Promise<Response> {
  const destination = { base: parseOrigin(origin), targets: config.targetedControl };
  return async (received) => {
    if (!isWellFormed(received.headers.get(AT_LEAST))) return badVersion();
    const final = finalAnswer(received);
    if (final !== undefined) return final;
    const request = asMeantForOrigin(received);
    const source = {
      load: (conditions?: Headers, content?: Uint8Array) => fetchOrigin(destination, request, conditions, content),
      loadWhole: (whole: Request, conditions?: Headers, content?: Uint8Array) =>
        fetchOrigin(destination, whole, conditions, content),
      isFetched: true as const,
      storeOptions: (response: Response) => ({ tags: tagsIn(response.headers), heuristics: "on" as const }),
      askedUnder: destination.base.origin,
      failed: unreachable,
    };
    try {
      const response = await readThrough.answer(config, request, source, demandOf(request));
      if (response.headers.has("cache-tag")) response.headers.delete("cache-tag");
      return response;
    } catch (error) {
      console.error("larder: a request could not be answered", error);
      return ownAnswer(500, "The cache has failed.\n");
    }
  };
}

/**
 * The request without the fields that its Connection names (RFC 9110 section 7.6.1). The origin does not get them, so what
 * it answers does not vary on them, and is not to be stored as if it did. What is said to us counts all the same.
 */
function asMeantForOrigin(request: Request): Request {
  const named = namedByConnection(request.headers).filter((name) => !TO_CACHES.has(name));
  if (named.length === 0) return request;
  const headers = new Headers(request.headers);
  for (const name of named) headers.delete(name);
  return new Request(request, { headers });
}

function unreachable(error: unknown): Response {
  console.error("larder: the origin could not be asked", error);
  return ownAnswer(502, "Bad gateway: the origin could not be reached.\n");
}

/** RFC 9211 section 2: it has no Cache-Status, as nothing stored is in it. */
function ownAnswer(status: number, text: string): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

/** A version above what the log has reached is ignored, so nobody outside can force more than one sync at a time. */
function demandOf(request: Request): Demand {
  const version = request.headers.get(AT_LEAST) ?? cookieVersion(request.headers);
  return version === undefined ? {} : { atLeast: version as Version };
}

/** A cookie that is no version is somebody else's, and not this request's fault. */
function cookieVersion(headers: Headers): string | undefined {
  if (!headers.has("cookie")) return undefined;
  for (const [name, value] of parseCookies(headers)) {
    if (name.toLowerCase() === AT_LEAST && VERSION_FORM.test(value)) return value;
  }
  return undefined;
}

function isWellFormed(version: string | null): boolean {
  return version === null || VERSION_FORM.test(version);
}

function badVersion(): Response {
  return ownAnswer(400, "Larder-At-Least: must be a version as a purge returned it.\n");
}

/** The tags of a `Cache-Tag` field. One that is no tag is left out, with a warning: the page is not to fail for it. */
function tagsIn(headers: Headers): Tag[] {
  const field = headers.get("cache-tag");
  if (field === null) return [];
  const named = field
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
  const tags = named.filter((tag): tag is Tag => v.is(TagSchema, tag));
  if (tags.length < named.length || tags.length > limits.tagsPerEntry) {
    console.warn(
      `larder: the origin sent ${named.length} tags, of which ${tags.length} are valid; at most ${limits.tagsPerEntry} are kept`,
    );
  }
  return tags.slice(0, limits.tagsPerEntry);
}
