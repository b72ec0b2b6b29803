import type { Explanation, Held, InvalidatedBy } from "../../schema/explain.ts";
import type { Selector } from "../../schema/purge.ts";
import type { Wire } from "../../schema/wire.ts";
import { bytes, clock, duration, selection } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { ExplainFlags } from "./commands/looking.ts";
import { say } from "./output/say.ts";
import { styled } from "./output/style.ts";
import { pairs } from "./output/table.ts";
import { UsageError } from "./usage-error.ts";

export async function explain(url: string, flags: ExplainFlags): Promise<void> {
  const settings = settingsOf(flags);
  if (settings.cache === undefined) {
    throw new UsageError(
      "in which cache? Give --cache, or write a cache into .larderrc; that of the gateway is gateway",
    );
  }
  const api = new Api(settings);
  const request = {
    cache: settings.cache,
    url,
    headers: headersOf(flags.header ?? []),
    ...(flags.method === undefined ? {} : { method: flags.method }),
  };
  const explained = await api.post<Wire<Explanation>>(api.of("/explain"), request);
  return say(flags, explained, () => text(explained));
}

function headersOf(fields: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.map((field) => {
      const [, name, value] = /^([^:\s]+):\s*(.*?)\s*$/.exec(field) ?? [];
      if (name === undefined || value === undefined) {
        throw new UsageError(`--header must be as in "Accept-Language: de", and not ${field}`);
      }
      return [name, value];
    }),
  );
}

function text(explained: Wire<Explanation>): string {
  const { rule, past, view, here, object, key } = explained;
  const hit = explained.outcome !== "miss";
  const why = explained.outcome === "miss" ? `: ${explained.reason}` : "";
  const fallback = explained.outcome === "miss" && explained.fallback === true ? ", with something to stand in" : "";
  const rows: [string, string][] = [
    ["Cache", `${explained.namespace}/${explained.cache}`],
    ["Key", key ?? "none: no key holds this request"],
    ["Rule", rule === null ? "none" : `${rule.index + 1}, ${rule.name}`],
  ];
  if (past !== null) rows.push(["Past the cache", `${past.reason}: ${past.what}`]);
  if (view !== null)
    rows.push(["Log known", `${view.version}, confirmed ${view.confirmedSecondsAgo.toFixed(1)} s ago`]);
  if (here !== null) rows.push(["Here", held(here)]);
  if (object !== null) {
    rows.push(["Shield", held(object.shield)], ["Index", object.index === null ? "not there" : object.index.state]);
    if (object.lease !== null) rows.push(["Being filled", `until ${clock(object.lease.until)}`]);
  }
  return `${styled(hit ? "green" : "yellow", `${explained.outcome}${why}${fallback}`)}\n${pairs(rows)}`;
}

function held({ state, copy, invalidatedBy }: Wire<Held>): string {
  const parts: string[] = [state];
  if (copy !== undefined) {
    const fresh = copy.left.freshSeconds > 0 ? `, fresh for ${duration(copy.left.freshSeconds * 1000)}` : "";
    parts.push(`${copy.status}, ${bytes(copy.bytes)}, ${duration(copy.ageSeconds * 1000)} old${fresh}`);
    if (copy.tags.length > 0) parts.push(`tagged ${copy.tags.join(" ")}`);
  }
  if (invalidatedBy !== undefined) parts.push(cause(invalidatedBy));
  return parts.join("; ");
}

function cause(by: Wire<InvalidatedBy>): string {
  if (by.cause !== "purge") return by.cause;
  const reason = by.reason === undefined ? "" : ` (${by.reason})`;
  return `by ${by.mode} purge ${by.seq} of ${selection([by.selector as Selector])}, ${clock(by.at)}, ${by.by}${reason}`;
}
