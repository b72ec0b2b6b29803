import * as v from "valibot";
import { LarderError } from "../../schema/errors.ts";
import { NamespaceSchema } from "../../schema/names.ts";
import type { CacheOptions } from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";
import { deploymentOf } from "../edge/version-metadata.ts";
import { parseOrigin } from "./origin-url.ts";
import { Plans } from "./plan.ts";
import { Router } from "./router.ts";
import { declaredRoutes } from "./routes.ts";

const GatewayConfigSchema = v.strictObject({
  /** The namespace to keep responses in; `LARDER_NAMESPACE`, or else `default`, when left out. */
  namespace: v.optional(NamespaceSchema),
  /** The sites there are, by the names that `proxy` knows them by: scheme, host and port. */
  origins: v.optional(v.record(v.string(), v.string("must be scheme, host and port")), {}),
  /** What to do with which requests. Without one, all go to the one origin there is, and its own headers are followed. */
  router: v.optional(v.instance(Router, "must be a Router")),
  /** `on`: answers say in `Server-Timing` how long they took, and how long the origin took of it. */
  serverTiming: v.optional(v.picklist(["on", "off"], 'must be "on" or "off"'), "off"),
  /** Options of the cache where routes say nothing. */
  cache: v.optional(v.custom<Partial<CacheOptions>>((input) => typeof input === "object" && input !== null)),
});

export type GatewayConfig = v.InferInput<typeof GatewayConfigSchema>;

declare const declared: unique symbol;

/** A gateway's configuration, as `defineConfig` gives it. */
export type DefinedConfig = v.InferOutput<typeof GatewayConfigSchema> & { readonly [declared]: true };

/**
 * What `larder.config.ts` has to export as its default.
 *
 * @throws LarderError `invalid-input`, naming the option
 */
export function defineConfig(config: GatewayConfig): DefinedConfig {
  return parse(GatewayConfigSchema, config) as DefinedConfig;
}

/** What of the environment has a part in it. */
export interface GatewayEnvironment {
  readonly ORIGIN?: string;
  readonly LARDER_NAMESPACE?: string;
  /** `off`: nothing is kept, as on the machine of somebody who works on a site. */
  readonly LARDER_CACHING?: string;
}

/** The cache of the gateway, which follows what the site itself says. */
const DEFAULTS = {
  name: "gateway",
  revalidateSeconds: 3600,
  queryOrder: "kept",
  cacheDeceptionArmor: "on",
  onDeploy: "purge",
} as const;

/**
 * The plans of a configuration; undefined where there is no site.
 *
 * @throws LarderError `invalid-input`, naming the route or the option at fault
 */
export function plansOf(config: DefinedConfig, env: GatewayEnvironment): Plans | undefined {
  const named = { ...config.origins, ...(env.ORIGIN === undefined || env.ORIGIN === "" ? {} : { origin: env.ORIGIN }) };
  const origins = new Map(Object.entries(named).map(([name, text]) => [name, originOf(name, text)] as const));
  if (origins.size === 0) return undefined;
  const routes = declaredRoutes(config.router?.routes ?? [], [...origins.keys()]);
  const namespace = config.namespace ?? env.LARDER_NAMESPACE ?? "default";
  const [only] = origins.size === 1 ? origins.values() : [];
  const caching = env.LARDER_CACHING === "off" ? { caching: "off" as const } : {};
  const deployment = deploymentOf(env);
  const version = deployment === undefined ? {} : { deployment };
  const defaults = { ...DEFAULTS, ...version, ...config.cache, ...caching, namespace };
  return new Plans(routes, origins, defaults, origins.get("origin") ?? only);
}

function originOf(name: string, text: string): URL {
  try {
    return parseOrigin(text);
  } catch {
    const field = name === "origin" ? "ORIGIN" : `origins.${name}`;
    throw new LarderError(
      "invalid-input",
      `${field}: must be scheme, host and port only, such as https://www.example.com`,
      {
        field,
      },
    );
  }
}
