import { LarderError } from "../../schema/errors.ts";
import type { Figures } from "../../schema/figures.ts";
import type { Namespace } from "../../schema/names.ts";
import type { CacheStats } from "../../schema/stats.ts";
import type { Grant } from "./access.ts";
import { sees, seesCache } from "./access.ts";
import type { ApiOptions } from "./route.ts";

/** prometheus.io/docs/instrumenting/exposition_formats, "Text-based format". */
export const TEXT_METRICS = "text/plain; version=0.0.4; charset=utf-8";
/** prometheus.io/docs/specs/om/open_metrics_spec. */
export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Namespaces that are asked at one time: a Worker has six connections at a time (developers.cloudflare.com/workers/platform/limits). */
const AT_ONCE = 6;

type Labels = Readonly<Record<string, string>>;
type Group = NonNullable<CacheStats["groups"]>[number];

/** A family of metrics: its samples have its name with what the suffix says. */
interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly unit?: "bytes" | "seconds";
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What was learnt of a namespace; undefined where its object did not answer. */
interface Scraped {
  readonly namespace: string;
  readonly caches: readonly Group[] | undefined;
}

/**
 * All counts that the caller may see, by namespace and cache. A namespace that does not answer is down, and does not fail
 * the rest.
 */
export async function metrics(
  api: ApiOptions,
  grant: Grant,
  only: Namespace | undefined,
  accept: string | null,
): Promise<Response> {
  const names = only === undefined ? (await namespaces(api)).filter((name) => sees(grant, name)) : [only];
  const format = accept?.includes("application/openmetrics-text") === true ? "openmetrics" : "text";
  const scraped = (await scrape(api, names)).map(({ namespace, caches }) => ({
    namespace,
    caches: caches?.filter(({ name }) => seesCache(grant, name)),
  }));
  const text = exposition(families(scraped), format);
  const type = format === "openmetrics" ? OPEN_METRICS : TEXT_METRICS;
  return new Response(text, { headers: { "Content-Type": type, "Cache-Control": "no-store" } });
}

async function namespaces({ directory }: ApiOptions): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = await directory().namespaces({ after, limit: 200 });
    names.push(...page.namespaces.map(({ name }) => name));
    after = page.after;
  }
  return names;
}

async function scrape(api: ApiOptions, names: readonly string[]): Promise<Scraped[]> {
  const scraped: Scraped[] = [];
  const left = names.entries();
  const work = async () => {
    for (const [at, namespace] of left) scraped[at] = { namespace, caches: await cachesOf(api, namespace) };
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return scraped;
}

async function cachesOf(api: ApiOptions, namespace: string): Promise<readonly Group[] | undefined> {
  try {
    return (await api.namespace(namespace).stats({}, { by: "cache" })).stats.groups ?? [];
  } catch (error) {
    if (error instanceof LarderError) throw error;
    return undefined;
  }
}

/** The families there are: docs/observability.md has each, in this order. */
export function families(scraped: readonly Scraped[]): readonly Family[] {
  const each = (of: (group: Group, labels: Labels) => readonly Sample[]) =>
    scraped.flatMap(({ namespace, caches = [] }) =>
      caches.flatMap((group) => of(group, { namespace, cache: group.name ?? "" })),
    );
  const counter = (name: string, help: string, value: (group: Figures) => number): Family => ({
    ...{ name, help, type: "counter" as const },
    samples: each((group, labels) => [total(labels, value(group))]),
  });
  const bytes = (name: string, help: string, value: (group: Figures) => number): Family => ({
    ...counter(name, help, value),
    unit: "bytes",
  });
  return [
    {
      ...{ name: "larder_up", type: "gauge", help: "Whether the namespace's object answered." },
      samples: scraped.map(({ namespace, caches }) => ({
        ...{ suffix: "", labels: { namespace }, value: caches === undefined ? 0 : 1 },
      })),
    },
    {
      ...{ name: "larder_requests", type: "counter", help: "Look-ups, by how they were answered." },
      samples: each(requestSamples),
    },
    counter("larder_stand_ins", "Misses answered by what is stored, as the origin had failed.", (of) => of.standIns),
    counter("larder_origin_requests", "Requests to the origin.", (of) => of.origin.requests),
    counter("larder_origin_errors", "Of these, those that failed.", (of) => of.origin.errors),
    {
      ...{ name: "larder_origin_duration_seconds", type: "histogram", unit: "seconds" },
      help: "How long the origin took.",
      samples: each(({ origin }, labels) => histogram(origin, labels)),
    },
    counter("larder_puts", "Responses that were stored.", (of) => of.puts),
    {
      ...{ name: "larder_put_refusals", type: "counter", help: "Responses that were not stored, by reason." },
      samples: each(({ refusalsByReason }, labels) =>
        Object.entries(refusalsByReason).map(([reason, count]) => total({ ...labels, reason }, count)),
      ),
    },
    bytes("larder_served_bytes", "Bytes of the bodies of what answered from the cache.", (of) => of.bytesServed),
    bytes("larder_stored_bytes", "Bytes of the bodies of what was stored.", (of) => of.bytesStored),
    counter("larder_deletes", "Deletes of one entry.", (of) => of.deletes),
    counter("larder_purges", "Purges.", (of) => of.purges),
    counter("larder_purged_entries", "Entries that purges hit.", (of) => of.purged),
    counter("larder_revocations", "Purges that were taken back.", (of) => of.revocations),
    counter("larder_restored_entries", "Entries that this brought back.", (of) => of.restored),
    counter("larder_invalidations", "URLs and groups made invalid by unsafe requests.", (of) => of.invalidations),
    counter("larder_errors", "What Larder itself could not do.", (of) => of.errors),
    {
      ...{ name: "larder_entries", type: "gauge", help: "Entries in the index." },
      samples: each(({ entries = 0 }, labels) => [{ suffix: "", labels, value: entries }]),
    },
    {
      ...{ name: "larder_index_bytes", type: "gauge", unit: "bytes", help: "Bytes of their bodies." },
      samples: each(({ bytes: size = 0 }, labels) => [{ suffix: "", labels, value: size }]),
    },
  ];
}

function total(labels: Labels, value: number): Sample {
  return { suffix: "_total", labels, value };
}

function requestSamples(group: Group, labels: Labels): Sample[] {
  const by = (outcome: string, reasons: Readonly<Record<string, number>>) =>
    Object.entries(reasons).map(([reason, count]) => total({ ...labels, outcome, reason }, count));
  return [
    ...by("hit", group.hitsByState),
    total({ ...labels, outcome: "wait", reason: "" }, group.waits),
    ...by("miss", group.missesByReason),
    ...by("bypass", group.bypassesByReason),
  ];
}

/** Buckets are cumulative there. */
function histogram({ byTime, ms, requests }: Figures["origin"], labels: Labels): Sample[] {
  let sum = 0;
  const buckets = byTime.map(({ upToMs, requests: own }) => {
    sum += own;
    const le = upToMs === null ? "+Inf" : String(upToMs / 1000);
    return { suffix: "_bucket", labels: { ...labels, le }, value: sum };
  });
  return [...buckets, { suffix: "_sum", labels, value: ms / 1000 }, { suffix: "_count", labels, value: requests }];
}

export function exposition(all: readonly Family[], format: "text" | "openmetrics"): string {
  const lines = all.flatMap(({ name, type, help, unit, samples }) => {
    // In the older format a counter's name is that of its samples.
    const family = format === "text" && type === "counter" ? `${name}_total` : name;
    return [
      `# HELP ${family} ${escaped(help)}`,
      `# TYPE ${family} ${type}`,
      ...(format === "openmetrics" && unit !== undefined ? [`# UNIT ${family} ${unit}`] : []),
      ...samples.map(({ suffix, labels, value }) => `${name}${suffix}${labelled(labels)} ${value}`),
    ];
  });
  return `${[...lines, ...(format === "openmetrics" ? ["# EOF"] : [])].join("\n")}\n`;
}

function labelled(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
    .join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
