import type { Health } from "../../schema/health.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheStats } from "../../schema/stats.ts";
import type { Wire } from "../../schema/wire.ts";
import { bytes, count, duration } from "../../src/dashboard/app/format.ts";

/** One thing that was looked at. `unwise` works, and is better changed. */
export interface Finding {
  readonly what: string;
  readonly state: "good" | "unwise" | "bad";
  readonly details: string;
  /** What to do; of what is not good. */
  readonly advice?: string;
}

export interface Looked {
  /** One after the other; the last was asked for and answered at these times, by the clock here. */
  readonly looks: readonly Wire<Health>[];
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly zone: Wire<CacheStats>["zone"];
  /** This command's. */
  readonly version: string;
  /** Why the live feed did not open. */
  readonly feed: string | undefined;
}

/** From here on a limit is near. */
const NEAR = 0.8;
/** An object in another part of the world takes about 200 ms. */
const SLOW_MS = 500;
/** Lifetimes are in whole seconds, and no purge depends on clocks. */
const SKEW_SECONDS = 2;
/** developers.cloudflare.com/durable-objects/platform/limits */
const STORAGE_BYTES = 10e9;

export function findings(looked: Looked): readonly Finding[] {
  const last = looked.looks.at(-1);
  if (last === undefined) return [];
  return [
    version(last, looked.version),
    dataCentreCache(last),
    object(looked.looks),
    view(last),
    clock(last, looked),
    feed(looked.feed),
    ...near(last),
    ...settings(last),
    ...(looked.zone === undefined ? [] : [zone(looked.zone)]),
  ];
}

function version({ larder, deployment, settings: { CF_VERSION_METADATA } }: Wire<Health>, own: string): Finding {
  const what = "Version";
  const details = `Larder ${larder}${deployment === undefined ? "" : `, deployment ${deployment}`}`;
  if (larder !== own) {
    const advice = `This command is of ${own}: install the one that the coordinator runs, or deploy the coordinator anew.`;
    return { what, state: "unwise", details, advice };
  }
  if (CF_VERSION_METADATA) return { what, state: "good", details };
  const advice =
    'Add [version_metadata] binding = "CF_VERSION_METADATA" to wrangler.toml: without it onDeploy: "purge" does nothing.';
  return { what, state: "unwise", details, advice };
}

function dataCentreCache({ cache: { state, ms, error } }: Wire<Health>): Finding {
  const what = "Data centre's cache";
  switch (state) {
    case "works":
      return { what, state: "good", details: `keeps, finds and deletes, in ${duration(ms)} together` };
    case "keeps-nothing": {
      const advice =
        "Nothing is cached. Take the coordinator out from behind Cloudflare Access, or deploy it where caches.default works: not in Workers for Platforms, nor in a preview.";
      return { what, state: "bad", details: "keeps nothing", advice };
    }
    case "keeps-deleted": {
      const advice =
        "Purges hold all the same, by the log. Erasing ones leave bodies behind until their lifetime ends.";
      return { what, state: "unwise", details: "keeps what was deleted", advice };
    }
    case "fails":
      return {
        what,
        state: "bad",
        details: `fails: ${error ?? "it does not say why"}`,
        advice: "Nothing is cached; the Worker's log says more.",
      };
  }
}

function object(looks: readonly Wire<Health>[]): Finding {
  const what = "Namespace's object";
  const times = looks.map(({ object: { ms } }) => ms).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const details = `answers in ${duration(median)}, the slowest of ${times.length} in ${duration(times.at(-1))}`;
  if (median <= SLOW_MS) return { what, state: "good", details };
  const advice =
    "Hits do not wait for it; misses, puts and purges do. It lives near whoever called it first: look at its load (larder stats --window 1h), and spread what has nothing to do with one another over namespaces.";
  return { what, state: "unwise", details, advice };
}

function view({ view: standing, object: { version: head } }: Wire<Health>): Finding {
  const what = "View of the log";
  const advice =
    "Hits go by what is known of the log, for 60 seconds beyond the bound, and are misses after that: the coordinator's log says why the object does not answer.";
  if (standing.state === "unreachable") {
    return { what, state: "bad", details: `there is none to go by; the log is at ${head}`, advice };
  }
  const { version: known, confirmedSecondsAgo, boundSeconds } = standing;
  const age = `confirmed ${confirmedSecondsAgo.toFixed(1)} s ago, of ${boundSeconds} s that it may be by default`;
  const details = `at ${known}, ${age}; the log is at ${head}`;
  if (standing.state === "unconfirmed") return { what, state: "bad", details, advice };
  if (epochOf(known) === epochOf(head)) return { what, state: "good", details };
  const emptied = "It is of another log than the object's: if that stays so, two objects answer for one namespace.";
  return { what, state: "unwise", details, advice: emptied };
}

function epochOf(version: string): string {
  return version.slice(0, version.indexOf("-"));
}

function clock({ at, object: { at: ofObject } }: Wire<Health>, { askedMs, answeredMs }: Looked): Finding {
  const what = "Clocks";
  const [there, inObject] = [Date.parse(at), Date.parse(ofObject)];
  // What the answer's way can explain is none.
  const skew = (time: number) => Math.max(0, askedMs - time, time - answeredMs) / 1000;
  const details = `the coordinator's is off this one's by ${skew(there).toFixed(1)} s, the object's by ${skew(inObject).toFixed(1)} s`;
  if (Math.max(skew(there), skew(inObject)) <= SKEW_SECONDS) return { what, state: "good", details };
  const advice =
    "No purge depends on clocks, but lifetimes and schedules do. Set the clock of this machine, or of the one that runs the coordinator.";
  return { what, state: "unwise", details, advice };
}

function feed(trouble: string | undefined): Finding {
  const what = "Live feed";
  if (trouble === undefined) return { what, state: "good", details: "opens" };
  const advice = "Whatever stands before the coordinator has to let WebSockets pass. Nothing else needs the feed.";
  return { what, state: "bad", details: trouble, advice };
}

function near({ object: its }: Wire<Health>): readonly Finding[] {
  const limit = (
    what: string,
    used: number,
    most: number,
    form: (value: number) => string,
    advice: string,
  ): Finding => {
    const details = `${form(used)} of ${form(most)}`;
    return used < NEAR * most ? { what, state: "good", details } : { what, state: "unwise", details, advice };
  };
  return [
    limit(
      "Storage",
      its.storageBytes,
      STORAGE_BYTES,
      bytes,
      "Split the namespace, or give its entries shorter lifetimes.",
    ),
    limit(
      "Purge log",
      its.recordsNamed,
      limits.viewRecords,
      count,
      "Entries older than the newest so many are asked about one by one: purge by tag or prefix instead of by many URLs, or shorten lifetimes.",
    ),
    limit(
      "Listeners",
      its.listeners,
      limits.feedSubscribers,
      count,
      "Further ones will be refused: close dashboards and tails.",
    ),
    limit(
      "Schedules",
      its.schedules,
      limits.schedules,
      count,
      "Further ones will be refused: end some, or use a selection of several things.",
    ),
  ];
}

function settings({ settings: set, object: { problems } }: Wire<Health>): readonly Finding[] {
  const details = Object.entries(set)
    .map(([name, isSet]) => `${name} ${isSet ? "is set" : "is not"}`)
    .join(", ");
  const state = problems.length === 0 ? "good" : "bad";
  return [
    { what: "Settings", state, details, ...(problems.length === 0 ? {} : { advice: `${problems.join("; ")}.` }) },
  ];
}

function zone({ state, pending, lastError }: NonNullable<Wire<CacheStats>["zone"]>): Finding {
  const what = "Purges of the zone";
  const details = `${state}, ${count(pending)} to send${lastError === undefined ? "" : `; last error: ${lastError.message}`}`;
  switch (state) {
    case "idle":
    case "sending":
      return { what, state: "good", details };
    case "waiting":
      return {
        what,
        state: "unwise",
        details,
        advice: "They are tried again by themselves; docs/zone-purge.md tells of pace and plans.",
      };
    case "blocked":
      return { what, state: "bad", details, advice: "Check ZONE_ID and CF_API_TOKEN, which needs Zone → Cache Purge." };
  }
}
