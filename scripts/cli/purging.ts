import type { DryRunResult, PurgeResult, RevokeResult } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { Wire } from "../../schema/wire.ts";
import { clock, count, percent } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { PurgeFlags } from "./commands/purge.ts";
import { exitCodes, Failure } from "./failure.ts";
import type { NamespaceFlags } from "./flags.ts";
import { confirmed, isAttended } from "./output/ask.ts";
import { say } from "./output/say.ts";
import { plain, styled } from "./output/style.ts";
import { purgeRequest } from "./selection.ts";
import { UsageError } from "./usage-error.ts";

/** Keys that are told of what would be hit, to people. */
const SHOWN = 10;

export async function purge(flags: PurgeFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const request = purgeRequest(flags, settings);
  if (flags.dryRun === true) {
    const would = await tryOut(api, request);
    return say(flags, would, () => wouldHit(would));
  }
  if (flags.yes !== true && isAttended()) {
    process.stderr.write(wouldHit(await tryOut(api, request)));
    await confirmed(`Purge it from ${whereof(settings)}?`);
  } else if (flags.yes !== true && (flags.all === true || flags.erase === true)) {
    throw new UsageError(
      `${flags.all === true ? "--all" : "--erase"} asks first, and nobody can be asked here: add --yes`,
    );
  }
  const immediate = flags.immediate === true ? { immediate: true } : {};
  const result = await api.post<Wire<PurgeResult>>(api.of("/purge"), { ...request, ...immediate });
  return say(flags, result, () => {
    const entries = `${about(result)}${things(result.purged)} of ${whereof(settings)}`;
    if (result.gatheredUntil !== undefined) {
      return `${styled("green", "Gathered")} with other purges: ${entries} will be stale at ${clock(result.gatheredUntil)}\n`;
    }
    const refill = result.refill === undefined ? "" : `; refill ${result.refill} has begun`;
    return `${styled("green", "Purged")} ${entries}; the log is at ${result.version}${refill}\n`;
  });
}

export async function revoke(seq: number, flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const result = await api.post<Wire<RevokeResult>>(api.of(`/purges/${seq}/revoke`), {});
  return say(flags, result, () => {
    const entries = `${about(result)}${things(result.restored)}`;
    return `${styled("green", `Took purge ${seq} back`)}: ${entries} in force again; the log is at ${result.version}\n`;
  });
}

async function tryOut(api: Api, { maxEntries, refill: _, ...request }: PurgeRequest): Promise<Wire<DryRunResult>> {
  const would = await api.post<Wire<DryRunResult>>(api.of("/purge"), { ...request, dryRun: true });
  if (maxEntries !== undefined && would.purged > maxEntries) {
    const message = `it would hit ${about(would)}${things(would.purged)}, more than --max-entries ${maxEntries}`;
    throw new Failure("too-many-entries", message, exitCodes.refused, { field: "maxEntries", limit: maxEntries });
  }
  return would;
}

function wouldHit(would: Wire<DryRunResult>): string {
  const { purged, share, keys } = would;
  const shown = keys.slice(0, SHOWN).map((key) => `  ${plain(key)}\n`);
  const more = purged > shown.length ? `  and ${count(purged - shown.length)} more\n` : "";
  return `Would purge ${about(would)}${things(purged)}, ${percent(share, 1)} of what is there\n${shown.join("")}${more}`;
}

function about({ approximate }: { readonly approximate?: boolean | undefined }): string {
  return approximate === true ? "about " : "";
}

function things(entries: number): string {
  return `${count(entries)} ${entries === 1 ? "entry" : "entries"}`;
}

function whereof({ namespace, cache, base }: { namespace: string; cache: string | undefined; base: string }): string {
  return `${plain(cache === undefined ? namespace : `${namespace}/${cache}`)} at ${new URL(base).host}`;
}
