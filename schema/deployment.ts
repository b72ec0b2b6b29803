import * as v from "valibot";
import { CacheNameSchema } from "./names.ts";

/** A version of a Worker that has been deployed, as its version metadata names it. */
export const DeploymentSchema = v.strictObject({
  /** The version's id. */
  id: v.pipe(v.string("must be a string"), v.regex(/^[\x21-\x7e]{1,100}$/, "must be 1 to 100 ASCII characters")),
  /** When the version was made, in milliseconds since 1970: the newer of two goes before the older. */
  madeAtMs: v.pipe(
    v.number("must be a number of milliseconds"),
    v.safeInteger("must be a whole number of milliseconds"),
    v.minValue(0, "must not be negative"),
  ),
});

export type Deployment = v.InferOutput<typeof DeploymentSchema>;

/** That a version of the Worker that declares a cache runs. */
export const AnnouncementSchema = v.strictObject({ cache: CacheNameSchema, ...DeploymentSchema.entries });

export type Announcement = v.InferInput<typeof AnnouncementSchema>;

/** Whether `one` is another version than `other`, and newer. Of two made in the same millisecond their ids decide. */
export function isNewer(one: Deployment, other: Deployment): boolean {
  if (one.id === other.id) return false;
  return one.madeAtMs > other.madeAtMs || (one.madeAtMs === other.madeAtMs && one.id > other.id);
}
