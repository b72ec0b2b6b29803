import { readFile } from "node:fs/promises";
import { text as textOf } from "node:stream/consumers";
import { LarderError } from "../../schema/errors.ts";
import { limits } from "../../schema/limits.ts";
import type { Refill } from "../../schema/refill.ts";
import type { Wire } from "../../schema/wire.ts";
import { clock, count } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { unlessAway } from "./client/patience.ts";
import { settingsOf } from "./client/settings.ts";
import type { PaceFlags, WarmFlags } from "./commands/refill.ts";
import type { NamespaceFlags } from "./flags.ts";
import { Progress } from "./output/progress.ts";
import { say } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";
import { table } from "./output/table.ts";
import { UsageError } from "./usage-error.ts";

const LOOK_MS = 500;
/** Characters of URLs in one request: the coordinator takes a mebibyte, and each has quotes and a comma. */
const CHARACTERS_AT_ONCE = 900_000;

export async function warm(source: string | undefined, flags: WarmFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const { cache } = settings;
  const { reason, top } = flags;
  if ((source === undefined) === (top === undefined)) {
    throw new UsageError("give a sitemap, a file or -, or else --top");
  }
  const common = {
    ...(cache === undefined ? {} : { cache }),
    ...paceOf(flags),
    ...(reason === undefined ? {} : { reason }),
  };
  const begun: Wire<Refill>[] = [];
  for (const part of source === undefined ? [{ top }] : await partsOf(source)) {
    begun.push(await api.post<Wire<Refill>>(api.of("/refills"), { ...part, ...common }));
  }
  const ended: Wire<Refill>[] = [];
  for (const refill of begun) ended.push(flags.detach === true ? refill : await watched(api, refill, flags));
  const [only] = ended;
  const answer = ended.length === 1 && only !== undefined ? only : { refills: ended };
  await say(flags, answer, () => ended.map(told).join(""));
  if (flags.detach !== true) fail(ended);
}

export function paceOf({ concurrency, perSecond }: PaceFlags): PaceFlags {
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(perSecond === undefined ? {} : { perSecond }),
  };
}

/** What to ask for: a sitemap is read by the coordinator, a file here. */
export async function partsOf(source: string): Promise<readonly object[]> {
  if (/^https?:\/\//i.test(source)) return [{ sitemap: source }];
  const urls = await urlsIn(source);
  const parts: { urls: string[] }[] = [];
  let characters = 0;
  for (const url of urls) {
    characters += url.length + 3;
    const last = parts.at(-1);
    if (last === undefined || last.urls.length === limits.refillUrls || characters > CHARACTERS_AT_ONCE) {
      parts.push({ urls: [url] });
      characters = url.length + 3;
    } else last.urls.push(url);
  }
  return parts;
}

async function urlsIn(source: string): Promise<readonly string[]> {
  const text = source === "-" ? await textOf(process.stdin) : await fileAt(source);
  const name = source === "-" ? "what was read" : source;
  if (text.trimStart().startsWith("<")) return sitemapIn(text, name);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const urls = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = lines.findIndex((line) => line !== "" && !line.startsWith("#") && !/^https?:\/\//i.test(line));
  if (wrong !== -1)
    throw new UsageError(`${name}:${wrong + 1}: must be an http or https URL (got ${shown(lines[wrong])})`);
  if (urls.length === 0) throw new UsageError(`${name} names no URL`);
  return urls;
}

async function sitemapIn(text: string, name: string): Promise<readonly string[]> {
  const { readSitemap } = await import("../../schema/sitemap.ts");
  try {
    const { pages, sitemaps } = readSitemap(text);
    if (sitemaps.length > 0) {
      throw new UsageError(`${name} is an index of sitemaps: give it by its URL, so that the coordinator reads them`);
    }
    if (pages.length === 0) throw new UsageError(`${name} names no URL`);
    return pages;
  } catch (error) {
    if (error instanceof LarderError) throw new UsageError(`${name}: ${error.message}`);
    throw error;
  }
}

async function fileAt(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function shown(line: string | undefined): string {
  return JSON.stringify((line ?? "").slice(0, 60));
}

/** Looks until it has ended. */
async function watched(api: Api, begun: Wire<Refill>, flags: NamespaceFlags): Promise<Wire<Refill>> {
  const leave = () => {
    progress.end();
    process.stderr.write(`larder: it goes on; larder refill stop ${begun.id} ends it\n`);
    process.exit(130);
  };
  process.once("SIGINT", leave);
  process.stderr.write(`larder: watching refill ${begun.id}; Ctrl-C leaves it to itself\n`);
  const progress = new Progress("URLs", flags);
  try {
    let now = begun;
    while (now.state === "waiting" || now.state === "running") {
      progress.reached(now.filled + now.failed + now.skipped, now.total);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const read = () => api.get<Wire<Refill>>(api.of(`/refills/${encodeURIComponent(begun.id)}`));
      now = (await unlessAway(read)) ?? now;
    }
    return now;
  } finally {
    progress.end();
    process.off("SIGINT", leave);
  }
}

export async function watch(id: string, flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const begun = await api.get<Wire<Refill>>(api.of(`/refills/${encodeURIComponent(id)}`));
  const ended = await watched(api, begun, flags);
  await say(flags, ended, () => told(ended));
  fail([ended]);
}

export async function stop(id: string, flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const stopped = await api.post<Wire<Refill>>(api.of(`/refills/${encodeURIComponent(id)}/stop`), {});
  return say(flags, stopped, () => told(stopped));
}

export async function list(flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const reply = await api.get<{ readonly refills: readonly Wire<Refill>[] }>(api.of("/refills"));
  return say(flags, reply, () =>
    reply.refills.length === 0
      ? "There are no refills.\n"
      : table(
          [
            ...["Id", "State", "Of", "By"].map((head) => ({ head })),
            ...["Done", "URLs", "Failed"].map((head) => ({ head, align: "right" as const })),
            ...["Began", "Why"].map((head) => ({ head })),
          ],
          reply.refills.map((refill) => [
            refill.id,
            refill.state,
            refill.cache ?? "all caches",
            refill.by,
            count(refill.filled + refill.failed + refill.skipped),
            count(refill.total),
            count(refill.failed),
            refill.startedAt === undefined ? "not yet" : clock(refill.startedAt),
            refill.reason ?? "",
          ]),
        ),
  );
}

const verbs = { waiting: "Waits", running: "Runs", done: "Done", stopped: "Stopped", failed: "Given up" } as const;

function told({ id, state, total, filled, failed, skipped, lastError }: Wire<Refill>): string {
  const isGood = failed === 0 && state !== "failed" && state !== "stopped";
  const parts = [
    `${count(filled)} of ${count(total)} filled`,
    ...(skipped === 0 ? [] : [`${count(skipped)} were already`]),
    ...(failed === 0 ? [] : [`${count(failed)} failed`]),
  ];
  const last = lastError === undefined ? "" : `; the last: ${plain(lastError.url)} ${plain(lastError.message)}`;
  return `${styled(isGood ? "green" : "red", verbs[state])} ${id}: ${parts.join(", ")}${last}\n`;
}

/** Not all of it is cached. */
function fail(ended: readonly Wire<Refill>[]): void {
  if (ended.some(({ state, failed }) => state !== "done" || failed > 0)) process.exitCode = 1;
}
