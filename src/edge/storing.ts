import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import { contradictsPath } from "../http/deception.ts";
import { pathnameOf } from "../http/pathname.ts";
import { statusTtlSeconds } from "../http/status-ttl.ts";
import type { StoreVerdict } from "../http/storable.ts";
import { storeVerdict } from "../http/storable.ts";
import type { KeyedBy } from "./place.ts";
import type { Policy } from "./policy.ts";
import { keyedBy } from "./policy.ts";

/** What may be known of a response before anything is done with it. */
export interface Offered {
  readonly config: CacheConfig;
  readonly policy: Policy;
  readonly request: Pick<Request, "method" | "url" | "headers">;
  readonly response: Pick<Response, "status" | "headers">;
  readonly options: Partial<StoreOptions>;
  readonly nowMs: number;
  /** It is what was stored for a GET, updated: whoever has asked. */
  readonly isRenewed?: boolean;
}

/** Whether a response would be stored, and for how long: by the cache's declaration and by HTTP. */
export function storingVerdict(offered: Offered): StoreVerdict {
  const { config, policy, request, response, options, nowMs, isRenewed = false } = offered;
  if (policy.caching === "off") return { store: false, reason: "disabled" };
  if (policy.bypass !== undefined) return { store: false, reason: "bypass" };
  if (options.body === null) return { store: false, reason: "body-too-big" };
  const verdict = storeVerdict({
    request: { method: isRenewed ? "GET" : request.method, headers: request.headers },
    response,
    declared: declaredLifetime(policy, options, response.status),
    isKeyedByBody: options.body !== undefined,
    declaredVary: declaredVary(keyedBy(policy, options)),
    privateResponses: policy.forcePrivateCaching ? "keep" : "refuse",
    heuristics: options.heuristics ?? "off",
    nowMs,
    keepSeconds: config.revalidateSeconds,
    targets: config.targetedControl,
    responseDelaySeconds: options.fillSeconds ?? 0,
  });
  const isArmed = verdict.store && policy.cacheDeceptionArmor === "on";
  if (isArmed && contradictsPath(pathnameOf(request.url) ?? "", response.headers.get("content-type"))) {
    return { store: false, reason: "content-type" };
  }
  return verdict;
}

/** What the caller says goes before what the cache says of the status, and that before what it says of all. */
function declaredLifetime(policy: Policy, options: Partial<StoreOptions>, status: number) {
  const byStatusSeconds =
    options.ttlSeconds === undefined ? statusTtlSeconds(policy.ttlByStatus ?? {}, status) : undefined;
  const ttlSeconds = options.ttlSeconds ?? policy.ttlSeconds;
  const staleWhileRevalidateSeconds = options.staleWhileRevalidateSeconds ?? policy.staleWhileRevalidateSeconds;
  const staleIfErrorSeconds = options.staleIfErrorSeconds ?? policy.staleIfErrorSeconds;
  return {
    ...(byStatusSeconds === undefined ? {} : { byStatusSeconds }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(staleWhileRevalidateSeconds === undefined ? {} : { staleWhileRevalidateSeconds }),
    ...(staleIfErrorSeconds === undefined ? {} : { staleIfErrorSeconds }),
  };
}

/** The request fields that the key tells apart. A group of users is not one user, so it says nothing of credentials. */
function declaredVary({ vary, key }: KeyedBy): readonly string[] {
  const named = (key?.headers ?? []).filter(({ name, groups }) => groups === undefined || name !== "authorization");
  return [...vary, ...named.map(({ name }) => name)];
}
