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
import { fetchOrigin, parseOrigin } from "./origin.ts";

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
  const base = parseOrigin(origin);
  return async (request) => {
    const source = {
      load: (conditions?: Headers, content?: Uint8Array) => fetchOrigin(base, request, conditions, content),
      isFetched: true as const,
      storeOptions: (response: Response) => ({ tags: tagsIn(response.headers), heuristics: "on" as const }),
    };
    if (!isWellFormed(request.headers.get(AT_LEAST))) return badVersion();
    try {
      const response = await readThrough.answer(config, request, source, demandOf(request));
      if (response.headers.has("cache-tag")) response.headers.delete("cache-tag");
      return response;
    } catch (error) {
      console.error("larder: the origin could not be asked", error);
      return new Response("Bad gateway: the origin could not be reached.\n", {
        status: 502,
        headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
      });
    }
  };
}

/**
 * Serve nothing that a purge up to this version has hit: a request header, or a cookie, which a CMS sets on its editor
 * so that the editor never sees the page before the edit.
 */
const AT_LEAST = "larder-at-least";

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
  return new Response("Larder-At-Least: must be a version as a purge returned it.\n", {
    status: 400,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
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
