import type { Version } from "./version.ts";

/** How the object of a namespace is doing. */
export interface ObjectHealth {
  /** By its clock. */
  readonly at: Date;
  /** The newest version of the log. */
  readonly version: Version;
  readonly storageBytes: number;
  /** Rows of the log that are kept. */
  readonly purges: number;
  /** URLs, tags and prefixes that the log's records name: of more than `limits.viewRecords` isolates keep the newest. */
  readonly recordsNamed: number;
  readonly entries: number;
  readonly schedules: number;
  /** Connections to the live feed. */
  readonly listeners: number;
  /** What is wrong with the settings it goes by, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Whether the data centre's cache does what it is there for.
 *
 * - `keeps-nothing`: what was put is not there, as behind Cloudflare Access, in Workers for Platforms and in previews.
 * - `keeps-deleted`: what was deleted is still there.
 * - `fails`: it throws.
 */
export interface CacheProbe {
  readonly state: "works" | "keeps-nothing" | "keeps-deleted" | "fails";
  /** Milliseconds for a put, two look-ups and a delete. */
  readonly ms: number;
  /** What it threw. */
  readonly error?: string;
}

/**
 * What an isolate would judge a hit by now, having done what a hit does: it asks where its view is older than it may be by
 * default.
 *
 * - `confirmed`: no longer ago than that.
 * - `unconfirmed`: longer ago, as the object does not answer; hits are served by it for a while.
 * - `unreachable`: there is none, or one that is too old to be gone by.
 */
export type ViewStanding =
  | {
      readonly state: "confirmed" | "unconfirmed";
      readonly version: Version;
      readonly confirmedSecondsAgo: number;
      /** How old it may be. */
      readonly boundSeconds: number;
    }
  | { readonly state: "unreachable" };

/** How a coordinator and one of its namespaces are doing, as seen from the data centre that was asked. */
export interface Health {
  /** Larder's own. */
  readonly larder: string;
  /** The id of the Worker's version; left out where the binding for it is missing. */
  readonly deployment?: string;
  /** By the clock of the coordinator. */
  readonly at: Date;
  readonly cache: CacheProbe;
  readonly view: ViewStanding;
  readonly object: ObjectHealth & {
    /** Milliseconds its answer took. */
    readonly ms: number;
  };
  /** Settings and bindings, and whether each is there; never what they are. */
  readonly settings: Readonly<Record<SettingName, boolean>>;
}

export const settingNames = [
  "ORIGIN",
  "LARDER_REFILL",
  "LARDER_TOKEN",
  "LARDER_SECRET",
  "LARDER_SECRET_PREVIOUS",
  "LARDER_PUBLIC_KEY",
  "LARDER_PUBLIC_KEY_PREVIOUS",
  "ZONE_ID",
  "CF_API_TOKEN",
  "CF_VERSION_METADATA",
  "LARDER_ANALYTICS",
] as const;

export type SettingName = (typeof settingNames)[number];
