import * as v from "valibot";
import type { Deployment } from "../../schema/deployment.ts";
import { DeploymentSchema } from "../../schema/deployment.ts";

/** The name of the binding that Cloudflare's documentation and Wrangler's templates give it. */
export const VERSION_METADATA = "CF_VERSION_METADATA";

/**
 * The version of the Worker that runs, by its version metadata binding: `{ id, tag, timestamp }`, of which the last says
 * when the version was made (developers.cloudflare.com/workers/runtime-apis/bindings/version-metadata). Undefined where
 * there is no such binding, or it holds something else.
 */
export function deploymentOf(env: object): Deployment | undefined {
  const metadata: unknown = Reflect.get(env, VERSION_METADATA);
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const { id, timestamp } = metadata as { readonly id?: unknown; readonly timestamp?: unknown };
  const madeAtMs = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  const deployment = v.safeParse(DeploymentSchema, { id, madeAtMs });
  return deployment.success ? deployment.output : undefined;
}
