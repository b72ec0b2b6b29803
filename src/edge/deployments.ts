import type { Deployment } from "../../schema/deployment.ts";
import { isNewer } from "../../schema/deployment.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand } from "../../schema/rpc.ts";
import type { View } from "../log/view.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** The seconds for which a version that has been superseded leaves the refreshing of a key to the newer one. */
export const LEFT_TO_NEWER_SECONDS = 60;

/**
 * Where the version that runs stands among those a view knows of: it, or none, is the newest that has purged the cache; it
 * has yet to purge it; or a newer one has, and nothing that is made here is kept.
 */
type Standing = "current" | "unannounced" | "superseded";

function standingBy(view: View | undefined, config: CacheConfig): Standing {
  const own = ownOf(config);
  if (own === undefined) return "current";
  const newest = view?.deployments.get(config.name);
  if (newest === undefined || isNewer(own, newest)) return "unannounced";
  return isNewer(newest, own) ? "superseded" : "current";
}

/**
 * Does `work` once the namespace's object has heard of the version that runs, where deployments purge; at once where the
 * view knows it, or a newer one, as it does from then on. So a view that knows the version has its purge, too. Should the
 * object not answer, the work is done all the same, and the next request tries again.
 */
export function announced<T>(
  keeper: ViewKeeper,
  config: CacheConfig,
  work: (standing: Standing) => Promise<T>,
): Promise<T> {
  const standing = standingBy(keeper.view, config);
  const own = ownOf(config);
  if (standing !== "unannounced" || own === undefined) return work(standing);
  const { name: cache } = config;
  return keeper
    .attempt((object, context) => object.deployed(context, { cache, ...own }))
    .then(() => work(standingBy(keeper.view, config)));
}

/** What a look-up may ask: nobody is to wait for a fill of which nothing would be kept. */
export function demandBy(standing: Standing, demand: Demand): Demand {
  if (demand.coalesce === undefined || standing !== "superseded") return demand;
  const { coalesce: _, ...alone } = demand;
  return alone;
}

/** Whether a newer version than the one that runs has purged the cache, so that nothing of this one's is kept. */
export function isSuperseded({ view }: ViewKeeper, config: CacheConfig): boolean {
  return standingBy(view, config) === "superseded";
}

/** Whether deployments have a part in what may be stored. */
export function isVersioned(config: CacheConfig): boolean {
  return ownOf(config) !== undefined;
}

function ownOf({ onDeploy, deployment }: CacheConfig): Deployment | undefined {
  return onDeploy === "purge" ? deployment : undefined;
}
