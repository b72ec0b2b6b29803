import type { Health } from "../../schema/health.ts";
import type { CacheStats } from "../../schema/stats.ts";
import type { Wire } from "../../schema/wire.ts";
import { Api } from "./client/api.ts";
import { frames } from "./client/live.ts";
import { settingsOf } from "./client/settings.ts";
import { type Finding, findings } from "./diagnosis.ts";
import { exitCodes, Failure } from "./failure.ts";
import type { NamespaceFlags } from "./flags.ts";
import { say } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";
import { packageVersion } from "./package-root.ts";

/** Times that the object is asked: the first may have had to start it. */
const LOOKS = 3;

export async function doctor(flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const looks: Wire<Health>[] = [];
  let askedMs = 0;
  let answeredMs = 0;
  for (let at = 0; at < LOOKS; at += 1) {
    askedMs = Date.now();
    looks.push(await api.get<Wire<Health>>(api.of("/health")));
    answeredMs = Date.now();
  }
  const { zone } = await api.get<Wire<CacheStats>>(api.of("/stats"));
  const found = findings({ looks, askedMs, answeredMs, zone, version: packageVersion(), feed: await feed(api) });
  const bad = found.filter(({ state }) => state === "bad").length;
  await say(flags, { server: api.settings.base, namespace: api.settings.namespace, findings: found }, () =>
    text(found),
  );
  process.exitCode = bad > 0 ? exitCodes.failed : exitCodes.done;
}

/** Whether the live feed opens: what was wrong, or nothing. */
async function feed(api: Api): Promise<string | undefined> {
  try {
    for await (const _ of frames(api, { cache: undefined, kinds: "purges", since: undefined }, () => {}))
      return undefined;
    return "it ended";
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

const marks = { good: styled("green", "good"), unwise: styled("yellow", "unwise"), bad: styled("red", "bad") } as const;

function text(found: readonly Finding[]): string {
  return found
    .map(({ state, what, details, advice }) => {
      const told = `${marks[state]}${" ".repeat(7 - state.length)}${styled("bold", what)}: ${plain(details)}\n`;
      return advice === undefined ? told : `${told}       ${plain(advice)}\n`;
    })
    .join("");
}
