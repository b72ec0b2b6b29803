import { type CheckedPurgeRequest, modeOf, selectorsOf } from "../../schema/purge-request.ts";
import type { Schedule } from "../../schema/schedule.ts";
import type { Wire } from "../../schema/wire.ts";
import { clock, count, selection } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { ScheduleFlags } from "./commands/schedule.ts";
import type { NamespaceFlags } from "./flags.ts";
import { say } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";
import { table } from "./output/table.ts";
import { purgeRequest } from "./selection.ts";

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
            selection(selectorsOf(schedule.purge as CheckedPurgeRequest)),
            modeOf(schedule.purge as CheckedPurgeRequest),
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
  const body = { cron, ...(timeZone === undefined ? {} : { timeZone }), purge: purgeRequest(flags, settings) };
  const made = await api.post<Wire<Schedule>>(api.of("/schedules"), body);
  return say(flags, made, () => `${styled("green", "Scheduled")} ${made.id}; first at ${clock(made.nextAt)}\n`);
}

export async function remove(id: string, flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const ended = await api.delete<Wire<Schedule>>(api.of(`/schedules/${encodeURIComponent(id)}`));
  return say(flags, ended, () => `${styled("green", "Ended")} ${ended.id}, ${plain(ended.cron)}\n`);
}

function lastOf({ last }: Wire<Schedule>): string {
  if (last === undefined) return "not yet";
  return "error" in last ? `${clock(last.at)}: ${last.error}` : `${clock(last.at)}: ${count(last.purged)} entries`;
}
