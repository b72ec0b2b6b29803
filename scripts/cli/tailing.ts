import type { CounterName } from "../../schema/counters.ts";
import type { FeedEvent, Frame } from "../../schema/feed.ts";
import { clock, count, selection } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { frames } from "./client/live.ts";
import { settingsOf } from "./client/settings.ts";
import type { TailFlags } from "./commands/tail.ts";
import { sayLine } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";

/** Follows a feed until it is interrupted. Whoever has closed what it writes to, as `head` does, has read enough. */
export async function tail(flags: TailFlags): Promise<void> {
  const settings = settingsOf(flags);
  process.once("SIGINT", () => process.exit(0));
  const wanted = { cache: settings.cache, kinds: flags.kinds ?? "purges,fills,refills", since: flags.since };
  const interrupted = (why: string) => void process.stderr.write(`larder: ${why}; connecting again\n`);
  let connections = 0;
  for await (const frame of frames(new Api(settings), wanted, interrupted)) {
    if (frame.type === "snapshot") {
      connections += 1;
      process.stderr.write(`larder: ${connections === 1 ? "following" : "going on from"} ${frame.version}\n`);
      if (frame.gap === true) process.stderr.write("larder: not all that has happened since then is known any more\n");
    }
    for (const line of linesOf(frame)) {
      if ((await sayLine(flags, line, () => `${textOf(line)}\n`)) === "closed") return;
    }
  }
}

interface Counted {
  readonly kind: "counts";
  readonly at: Date;
  /** `*` is what is of all caches. */
  readonly cache: string;
  readonly counts: Readonly<Partial<Record<CounterName, number>>>;
}

interface Dropped {
  readonly kind: "dropped";
  readonly at: Date;
  readonly events: number;
}

type Line = FeedEvent | Counted | Dropped;

function linesOf(frame: Frame): readonly Line[] {
  if (frame.type === "snapshot") return frame.events;
  const { at, counts, events, dropped } = frame;
  return [
    ...Object.entries(counts).map(([cache, its]): Counted => ({ kind: "counts", at, cache, counts: its })),
    ...events,
    ...(dropped === undefined ? [] : [{ kind: "dropped" as const, at, events: dropped }]),
  ];
}

function textOf(line: Line): string {
  return `${styled("dim", clock(line.at))} ${styled("bold", line.kind)} ${plain(about(line))}`;
}

function about(line: Line): string {
  switch (line.kind) {
    case "purge": {
      const reason = line.reason === undefined ? "" : ` (${line.reason})`;
      const entries = `${line.approximate === true ? "about " : ""}${count(line.purged)} entries`;
      return `${line.seq} ${line.mode} ${selection(line.selectors)}: ${entries}, by ${line.by}${reason}`;
    }
    case "revoke":
      return `${line.seq} takes ${line.revokes} back: ${count(line.restored)} entries, by ${line.by}`;
    case "fill-failed":
      return `${line.key} in ${line.cache}: ${count(line.failures)} in a row; left alone until ${clock(line.retryAt)}`;
    case "marker":
      return `${line.key} in ${line.cache} cannot be stored; nobody waits for it until ${clock(line.until)}`;
    case "refill": {
      const done = line.filled + line.failed + line.skipped;
      const failed = line.failed === 0 ? "" : `, ${count(line.failed)} failed`;
      return `${line.id} ${line.state}: ${count(done)} of ${count(line.total)} URLs${failed}`;
    }
    case "counts": {
      const moved = Object.entries(line.counts).map(([name, number]) => `${name} +${count(number)}`);
      return `${line.cache === "*" ? "of all caches" : line.cache}: ${moved.join(", ")}`;
    }
    case "dropped":
      return `${count(line.events)} events were too many to tell`;
  }
}
