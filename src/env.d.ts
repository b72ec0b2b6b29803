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
    /** The bearer token of the REST API; without it the API is closed. */
    readonly LARDER_TOKEN?: string;
    /** How much is logged: `off`, `error`, `warn`, `info` or `debug`; `warn` when absent. */
    readonly LARDER_LOG?: string;
    /** Where what is counted is written as data points, too. */
    readonly LARDER_ANALYTICS?: AnalyticsEngineDataset;
    /** The version that runs: what `onDeploy: "purge"` tells versions by. */
    readonly CF_VERSION_METADATA?: WorkerVersionMetadata;
    /** In app Workers: the service binding to the coordinator. */
    readonly LARDER?: unknown;
  }
}
