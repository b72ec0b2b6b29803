import { env } from "cloudflare:workers";
import type { CacheConfig } from "../../schema/options.ts";
import { deploymentOf, VERSION_METADATA } from "../edge/version-metadata.ts";
import { log } from "../telemetry/log.ts";

/** A cache's declaration with the version of this Worker, where deployments purge it and it names none itself. */
export function withDeployment(config: CacheConfig): CacheConfig {
  if (config.onDeploy === "keep" || config.deployment !== undefined) return config;
  const deployment = deploymentOf(env);
  if (deployment !== undefined) return { ...config, deployment };
  log(
    "warn",
    `a cache has onDeploy: "purge", but deployments will purge nothing, as this Worker has no version metadata binding named ${VERSION_METADATA}; add [version_metadata] to its Wrangler configuration`,
    { cache: config.name },
  );
  return config;
}
