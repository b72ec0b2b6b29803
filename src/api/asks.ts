import type { PurgeMode, Selector } from "../../schema/purge.ts";
import type { CheckedPurgeRequest } from "../../schema/purge-request.ts";
import { modeOf, selectorsOf } from "../../schema/purge-request.ts";
import type { NamespaceOperations, NamespaceRpc } from "../../schema/rpc.ts";
import type { CheckedScheduleRequest } from "../../schema/schedule.ts";
import type { Scope } from "../../schema/token.ts";
import type { About } from "./access.ts";
import { purgeNeeds } from "./access.ts";

/** What a call of a route asks, beyond that it is of its namespace. */
export interface Asks {
  /** Those of the route where left out. */
  readonly needs?: readonly Scope[];
  /** That of the path where left out. */
  readonly namespace?: string | undefined;
  readonly about: About;
}

export const aboutVisible = (): Asks => ({ about: { kind: "visible" } });
export const aboutNamespace = (): Asks => ({ about: { kind: "namespace" } });
export const aboutAllOfIt = (): Asks => ({ about: { kind: "all of it" } });
export const aboutCoordinator = (): Asks => ({ about: { kind: "coordinator" } });

export function aboutCache(cache: string | undefined): Asks {
  return { about: { kind: "cache", cache } };
}

type AsksToPurge = Asks & Required<Pick<Asks, "needs">>;

export function toPurge(request: CheckedPurgeRequest): AsksToPurge {
  const { needs, about } = toPurgeBy(selectorsOf(request), modeOf(request));
  return { needs: request.refill === undefined ? needs : [...needs, "refill"], about };
}

function toPurgeBy(selectors: readonly Selector[], mode: PurgeMode): AsksToPurge {
  return { needs: purgeNeeds(selectors, mode), about: { kind: "selectors", selectors } };
}

/**
 * Taking a purge back asks what making it did. What the history has not, such as what followed from requests, counts as
 * if it had been of everything.
 */
export async function toRevoke(object: Pick<NamespaceRpc, "history">, seq: number): Promise<AsksToPurge> {
  const { purges } = await object.history({}, { before: seq + 1, limit: 1 });
  const [purge] = purges;
  return purge?.seq === seq ? toPurgeBy(purge.selectors, purge.mode) : toPurgeBy([{}], "hard");
}

/** Whoever has something done again and again may do it. */
export function toSchedule({ purge, warm }: Pick<CheckedScheduleRequest, "purge" | "warm">): AsksToPurge {
  const { needs, about } = purge === undefined ? toWarm(warm?.cache) : toPurge(purge);
  return { needs: ["schedule", ...needs], about };
}

function toWarm(cache: string | undefined): AsksToPurge {
  return { needs: ["refill"], ...aboutCache(cache) };
}

/** A schedule is ended by whoever may see it: one whose purge is of nothing else than its own may be of. */
export async function toRemoveSchedule(
  object: Pick<NamespaceOperations, "schedules">,
  id: string | undefined,
): Promise<Asks> {
  const { schedules } = await object.schedules();
  const schedule = schedules.find((each) => each.id === id);
  // Where there is none, the route says so.
  return schedule === undefined ? aboutVisible() : { about: toSchedule(schedule as CheckedScheduleRequest).about };
}

/** A purge that hits no more than its caller may hit. */
export function capped<Request extends { readonly maxEntries?: number | undefined }>(
  request: Request,
  most: number | undefined,
): Request {
  if (most === undefined) return request;
  const { maxEntries = most } = request;
  return { ...request, maxEntries: Math.min(maxEntries, most) };
}
