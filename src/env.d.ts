/** The bindings and settings of the coordinator; docs/configuration.md describes each. */
declare namespace Cloudflare {
  interface Env {
    readonly NAMESPACES: DurableObjectNamespace<import("../objects/cache-namespace.ts").CacheNamespace>;
    /** The site the gateway stands in front of; without it there is no gateway. */
    readonly ORIGIN?: string;
    /** The namespace of the gateway's cache; `default` when absent. */
    readonly LARDER_NAMESPACE?: string;
    /** `off`: nothing is kept, neither by the gateway nor by an app that has this setting itself. */
    readonly LARDER_CACHING?: string;
    /** The reserved path prefix; `/.larder` when absent. */
    readonly LARDER_PREFIX?: string;
    /** The bearer token that may do everything; without it and the keys for tokens below, the REST API is closed. */
    readonly LARDER_TOKEN?: string;
    /** What tokens are signed by (HS256), of at least 32 bytes. */
    readonly LARDER_SECRET?: string;
    /** What they were signed by before, as long as such tokens are to be taken. */
    readonly LARDER_SECRET_PREVIOUS?: string;
    /** An Ed25519 public key, as SPKI PEM or as a JWK: tokens are signed by the private one. */
    readonly LARDER_PUBLIC_KEY?: string;
    /** The one before. */
    readonly LARDER_PUBLIC_KEY_PREVIOUS?: string;
    /** How much is logged: `off`, `error`, `warn`, `info` or `debug`; `warn` when absent. */
    readonly LARDER_LOG?: string;
    /** Where what is counted is written as data points, too. */
    readonly LARDER_ANALYTICS?: AnalyticsEngineDataset;
    /** The zone whose cache is purged too; with `CF_API_TOKEN`. */
    readonly ZONE_ID?: string;
    /** A token of Cloudflare's API that may purge that zone's cache. */
    readonly CF_API_TOKEN?: string;
    /** The zone's plan, by which purges are paced: `free`, when absent, `pro`, `business` or `enterprise`. */
    readonly ZONE_PLAN?: string;
    /** Which purges go to the zone: `erase`, those that erase, when absent; or `all`. */
    readonly ZONE_PURGE?: string;
    /** Where Cloudflare's API is; for tests and proxies. */
    readonly CF_API_URL?: string;
    /** The version that runs: what `onDeploy: "purge"` tells versions by. */
    readonly CF_VERSION_METADATA?: WorkerVersionMetadata;
    /** The app's Worker, by which refills are made; without it a refill asks the coordinator's own site, or the network. */
    readonly LARDER_REFILL?: Fetcher;
    /** In app Workers: the service binding to the coordinator. */
    readonly LARDER?: unknown;
  }
}
