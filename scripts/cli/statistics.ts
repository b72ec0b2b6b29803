import { setTimeout as delay } from "node:timers/promises";
import type { CacheStats, TopReply } from "../../schema/stats.ts";
import type { Wire } from "../../schema/wire.ts";
import { bytes, clock, count, duration, percent, percentile } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { unlessAway } from "./client/patience.ts";
import { settingsOf } from "./client/settings.ts";
import type { StatsFlags, TopFlags } from "./commands/looking.ts";
import { say, sayLine } from "./output/say.ts";
import { pairs, table } from "./output/table.ts";

type Stats = Wire<CacheStats>;

export async function stats(flags: StatsFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const query = { cache: settings.cache, windowSeconds: flags.window, by: flags.by };
  const read = () => api.get<Stats>(api.of("/stats"), query);
  const first = await read();
  if (flags.watch !== true) return say(flags, first, () => text(first, flags.by));
  process.once("SIGINT", () => process.exit(0));
  // What is shown takes the place of what was shown before.
  const home = process.stdout.isTTY === true ? "\u001b[H\u001b[J" : "";
  for (let seen = first; ; seen = (await unlessAway(read)) ?? seen) {
    const told = await sayLine(flags, seen, () => `${home}${clock(new Date())}\n${text(seen, flags.by)}\n`);
    if (told === "closed") return;
    await delay(flags.interval * 1000);
  }
}

function text(seen: Stats, by: string | undefined): string {
  const { hits, requests, hitsByState, origin, zone } = seen;
  const spread = (reasons: Readonly<Record<string, number | undefined>>) =>
    Object.entries(reasons)
      .filter(([, number = 0]) => number > 0)
      .map(([reason, number = 0]) => `${reason} ${count(number)}`)
      .join(", ");
  const withReasons = (number: number, reasons: Readonly<Record<string, number | undefined>>) =>
    number === 0 ? "0" : `${count(number)} (${spread(reasons)})`;
  const rows: [string, string][] = [
    ["Counted since", seen.from === undefined ? "ever" : clock(seen.from)],
    ["Requests", count(requests)],
    ["Hits", `${withReasons(hits, hitsByState)}, ${percent(hits, requests)}`],
    ["Waits", count(seen.waits)],
    ["Misses", withReasons(seen.misses, seen.missesByReason)],
    ["Past the cache", withReasons(seen.bypasses, seen.bypassesByReason)],
    ["Origin", `${count(origin.requests)} requests, ${count(origin.errors)} errors`],
    ["Origin time", `median ${duration(percentile(origin, 0.5))}, 95 % within ${duration(percentile(origin, 0.95))}`],
    ["Puts", `${count(seen.puts)}, refused ${withReasons(seen.refusals, seen.refusalsByReason)}`],
    ["Purges", `${count(seen.purges)}, of ${count(seen.purged)} entries; taken back ${count(seen.revocations)}`],
    ["Stored", `${count(seen.entries)} entries, ${bytes(seen.bytes)}`],
    ["Errors", count(seen.errors)],
  ];
  if (zone !== undefined) {
    const trouble = zone.lastError === undefined ? "" : `; last error: ${zone.lastError.message}`;
    rows.push(["Zone purges", `${zone.state}, ${count(zone.pending)} to send, ${count(zone.sent)} sent${trouble}`]);
  }
  return `${pairs(rows)}${groups(seen, by)}`;
}

function groups({ groups: all }: Stats, by: string | undefined): string {
  if (all === undefined || by === undefined) return "";
  return `\n${table(
    [
      { head: by === "dataCentre" ? "Data centre" : by === "rule" ? "Rule" : "Cache" },
      ...["Requests", "Hits", "Hit rate", "Waits", "Misses", "Past", "Origin"].map((head) => ({
        head,
        align: "right" as const,
      })),
    ],
    all.map((group) => [
      group.name ?? "–",
      count(group.requests),
      count(group.hits),
      percent(group.hits, group.requests),
      count(group.waits),
      count(group.misses),
      count(group.bypasses),
      count(group.origin.requests),
    ]),
  )}`;
}

export async function top(flags: TopFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const { of, by, window: windowSeconds, limit } = flags;
  const reply = await api.get<Wire<TopReply>>(api.of("/top"), { cache: settings.cache, of, by, windowSeconds, limit });
  return say(flags, reply, () => {
    if (reply.names.length === 0) return "Nothing has been asked for.\n";
    const number = by === "bytes" ? bytes : count;
    const shown = table(
      [{ head: by ?? "hits", align: "right" }, { head: of }],
      reply.names.map(({ name, atLeast }) => [number(atLeast), name]),
    );
    const error = reply.error === 0 ? "" : `; each may have up to ${number(reply.error)} more`;
    return `${shown}Since ${clock(reply.from)}${error}\n`;
  });
}
