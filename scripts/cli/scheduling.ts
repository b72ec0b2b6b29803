import { type CheckedPurgeRequest, modeOf, selectorsOf } from "../../schema/purge-request.ts";
import type { Schedule } from "../../schema/schedule.ts";
import type { Wire } from "../../schema/wire.ts";
import { clock, count, selection } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { type Settings, settingsOf } from "./client/settings.ts";
import type { ScheduleFlags } from "./commands/schedule.ts";
import type { NamespaceFlags } from "./flags.ts";
import { say } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";
import { table } from "./output/table.ts";
import { paceOf, partsOf } from "./refilling.ts";
import { purgeRequest } from "./selection.ts";
import { UsageError } from "./usage-error.ts";

export async function list(flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const reply = await api.get<{ readonly schedules: readonly Wire<Schedule>[] }>(api.of("/schedules"));
  return say(flags, reply, () =>
    reply.schedules.length === 0
      ? "There are no schedules.\n"
      : table(
          ["Id", "When", "Time zone", "What", "Mode", "Next", "Last"].map((head) => ({ head })),
          reply.schedules.map((schedule) => [
            schedule.id,
            schedule.cron,
            schedule.timeZone,
            ...whatOf(schedule),
            clock(schedule.nextAt),
            lastOf(schedule),
          ]),
        ),
  );
}

export async function add(cron: string, flags: ScheduleFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const { timeZone } = flags;
  const body = { cron, ...(timeZone === undefined ? {} : { timeZone }), ...(await actionOf(flags, settings)) };
  const made = await api.post<Wire<Schedule>>(api.of("/schedules"), body);
  return say(flags, made, () => `${styled("green", "Scheduled")} ${made.id}; first at ${clock(made.nextAt)}\n`);
}

export async function remove(id: string, flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const ended = await api.delete<Wire<Schedule>>(api.of(`/schedules/${encodeURIComponent(id)}`));
  return say(flags, ended, () => `${styled("green", "Ended")} ${ended.id}, ${plain(ended.cron)}\n`);
}

/** A purge, unless there is something to be warmed. */
async function actionOf(flags: ScheduleFlags, settings: Settings): Promise<object> {
  const { warm, warmTop: top } = flags;
  if (warm === undefined && top === undefined) return { purge: purgeRequest(flags, settings) };
  if (warm !== undefined && top !== undefined) throw new UsageError("give --warm or --warm-top, not both");
  const { concurrency: _, perSecond: __, reason, ...rest } = flags;
  const of = Object.keys(rest).filter((name) => isOfPurges(name));
  if (of.length > 0) throw new UsageError(`--${of[0]} is about a purge, and this schedule warms`);
  const parts = warm === undefined ? [{ top }] : await partsOf(warm);
  const [part, ...more] = parts;
  if (part === undefined || more.length > 0) throw new UsageError(`${warm} names too many URLs for one schedule`);
  const { cache } = settings;
  const common = { ...(cache === undefined ? {} : { cache }), ...(reason === undefined ? {} : { reason }) };
  return { warm: { ...part, ...common, ...paceOf(flags) } };
}

const OF_PURGES = ["tag", "allOf", "prefix", "path", "url", "key", "all", "soft", "erase", "maxEntries", "refill"];

function isOfPurges(name: string): boolean {
  return OF_PURGES.includes(name);
}

/** What it does, and how. */
function whatOf({ purge, warm }: Wire<Schedule>): [what: string, mode: string] {
  if (purge !== undefined) {
    const checked = purge as CheckedPurgeRequest;
    return [selection(selectorsOf(checked)), modeOf(checked)];
  }
  if (warm?.sitemap !== undefined) return [warm.sitemap, "warm"];
  return [
    warm?.urls === undefined ? `the ${count(warm?.top ?? 0)} asked for most` : `${count(warm.urls.length)} URLs`,
    "warm",
  ];
}

function lastOf({ last }: Wire<Schedule>): string {
  if (last === undefined) return "not yet";
  if ("error" in last) return `${clock(last.at)}: ${last.error}`;
  return `${clock(last.at)}: ${"refill" in last ? `refill ${last.refill}` : `${count(last.purged)} entries`}`;
}
