import * as v from "valibot";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";
import { TagSchema } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand } from "../../schema/rpc.ts";
import type { Version } from "../../schema/version.ts";
import { VERSION_FORM } from "../../schema/version.ts";
import { policyFor } from "../edge/policy.ts";
import type { ReadThrough, Source } from "../edge/read-through.ts";
import { storingVerdict } from "../edge/storing.ts";
import { parseCookies } from "../http/cookies.ts";
import { namedByConnection } from "../http/hop-by-hop.ts";
import { pathnameOf } from "../http/pathname.ts";
import { expandTags } from "../http/tag-template.ts";
import { log } from "../telemetry/log.ts";
import { tellBrowser } from "./browser.ts";
import { inBucket } from "./bucket.ts";
import type { CachingStatus } from "./caching-status.ts";
import { CACHING_STATUS, cachingStatus } from "./caching-status.ts";
import type { Debugging } from "./debug.ts";
import { DEBUG, debugAsked, debugFields } from "./debug.ts";
import { finalAnswer } from "./max-forwards.ts";
import { fetchOrigin } from "./origin.ts";
import type { Plan, Planned, Plans } from "./plan.ts";
import { timing } from "./timing.ts";

/**
 * Serve nothing that a purge up to this version has hit: a request header, or a cookie, which a CMS sets on its editor
 * so that the editor never sees the page before the edit.
 */
const AT_LEAST = "larder-at-least";

/** Fields of a request by which it speaks to caches, this one included. */
const TO_CACHES: ReadonlySet<string> = new Set(["cache-control", "pragma", AT_LEAST]);

export interface GatewayOptions {
  readonly plans: Plans;
  readonly readThrough: ReadThrough;
  readonly debugging?: Debugging;
  readonly serverTiming?: "on" | "off";
}

/**
 * A shared cache in front of HTTP sites, which follows the sites' own headers where routes do not say otherwise. Tags come
 * from the origin's `Cache-Tag` field, as they do on Cloudflare, and from routes.
 */
export function createGateway({
  plans,
  readThrough,
  debugging,
  serverTiming = "off",
}: GatewayOptions): (request: Request) => Promise<Response> {
  return async (received) => {
    if (!isWellFormed(received.headers.get(AT_LEAST))) return badVersion();
    const final = finalAnswer(received);
    if (final !== undefined) return final;
    try {
      const planned = plans.for(received.method, pathnameOf(received.url) ?? "/");
      if (planned === undefined) return ownAnswer(404, "No route sends this request to an origin.\n");
      const debug = received.headers.has(DEBUG) ? await debugAsked(received, debugging) : undefined;
      const { config } = planned.plan;
      const meant = asMeantForOrigin(received);
      const { request, setCookie } =
        config.key?.splits === undefined ? { request: meant } : inBucket(meant, Math.random());
      const explanation = debug === undefined ? undefined : await debugging?.explain(config, request);
      const passage = new Passage(plans, planned, request);
      const askedAtMs = Date.now();
      const kept = debug === "bypass" ? { ...config, caching: "off" as const } : config;
      const response = await readThrough.answer(kept, request, passage, demandOf(request));
      if (response.webSocket != null) return response;
      finish(response, planned.plan, debug === "bypass" ? "debug" : passage.status);
      if (setCookie !== undefined) response.headers.append("set-cookie", setCookie);
      if (explanation !== undefined) {
        for (const [name, value] of debugFields(explanation, planned)) response.headers.set(name, value);
      }
      if (explanation !== undefined || serverTiming === "on") {
        const times = { totalMs: Date.now() - askedAtMs, originMs: passage.originMs };
        response.headers.append("server-timing", timing(response.headers, times));
      }
      return response;
    } catch (error) {
      log("error", "a request could not be answered", {}, error);
      return ownAnswer(500, "The cache has failed.\n");
    }
  };
}

/** One request on its way to its origin, and what has come of it. */
class Passage implements Source {
  readonly #plans: Plans;
  readonly #planned: Planned;
  readonly #request: Request;
  readonly isFetched = true;
  /** What is said of the response; of one out of the cache that it is. */
  status: CachingStatus = "ok";
  /** How long the origin took, where it was asked for this answer. */
  originMs: number | undefined;

  constructor(plans: Plans, planned: Planned, request: Request) {
    this.#plans = plans;
    this.#planned = planned;
    this.#request = request;
  }

  get askedUnder(): string {
    return this.#planned.plan.origin.origin;
  }

  load(conditions?: Headers, content?: Uint8Array): Promise<Response> {
    return fetchOrigin(this.#planned.plan, this.#request, conditions, content);
  }

  loadWhole(whole: Request, conditions?: Headers, content?: Uint8Array): Promise<Response> {
    return fetchOrigin(this.#planned.plan, whole, conditions, content);
  }

  storeOptions(response: Response): ReturnType<Source["storeOptions"]> {
    const { plan, params } = this.#planned;
    const own = expandTags(plan.edge.tags ?? [], params).tags;
    const tags = [...own, ...tagsIn(response.headers)].slice(0, limits.tagsPerEntry);
    return { tags, heuristics: "on", ...(plan.edge.permanent === true ? { permanent: true } : {}) };
  }

  keptBy(url: string): CacheConfig | undefined {
    return this.#plans.for("GET", pathnameOf(url) ?? "/")?.plan.config;
  }

  passedOn(...[missed, response, options]: Parameters<NonNullable<Source["passedOn"]>>): void {
    this.originMs = Math.round((options.fillSeconds ?? 0) * 1000);
    const { config } = this.#planned.plan;
    const request = this.#request;
    const policy = policyFor(config, request);
    const verdict = storingVerdict({ config, policy, request, response, options, nowMs: Date.now() });
    this.status = cachingStatus(missed, verdict.store ? undefined : verdict.reason);
  }

  failed(error: unknown): Response {
    log("warn", "the origin could not be asked", { origin: this.askedUnder }, error);
    return ownAnswer(502, "Bad gateway: the origin could not be reached.\n");
  }
}

/** What is said on every answer that came by way of the cache. */
function finish(response: Response, { browser, set }: Plan, status: CachingStatus): void {
  const { headers } = response;
  if (headers.has("cache-tag")) headers.delete("cache-tag");
  if (browser !== undefined) tellBrowser(response, browser);
  for (const [name, value] of set) headers.set(name, value);
  headers.set(CACHING_STATUS, status);
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
    const counts = { sent: named.length, valid: tags.length, most: limits.tagsPerEntry };
    log("warn", "the origin sent tags that cannot be kept", counts);
  }
  return tags.slice(0, limits.tagsPerEntry);
}
