import { limits } from "../../schema/limits.ts";
import type { ListedNamespace, NamespacesPage } from "../../schema/listing.ts";
import type { PurgeHistoryPage } from "../../schema/purge.ts";
import type { Refill } from "../../schema/refill.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import type { Schedule } from "../../schema/schedule.ts";
import type { Grant } from "./access.ts";
import { decide, sees, seesCache, seesPurge } from "./access.ts";
import { toSchedule } from "./asks.ts";

/** The namespaces that the caller may see. Pages are as full as they can be, however few of them all these are. */
export async function visibleNamespaces(
  directory: Pick<NamespaceOperations, "namespaces">,
  grant: Grant,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<NamespacesPage> {
  if (grant.namespaces === undefined) return directory.namespaces({ after, limit });
  const seen: ListedNamespace[] = [];
  for (let from: string | undefined = after; from !== undefined; ) {
    const page: NamespacesPage = await directory.namespaces({ after: from, limit: limits.listPage });
    seen.push(...page.namespaces.filter(({ name }) => sees(grant, name)));
    from = page.after;
    // One more than asked for, or the end: so it is known whether there is a next page.
    if (seen.length > limit) break;
  }
  const namespaces = seen.slice(0, limit);
  const last = namespaces.at(-1);
  return { namespaces, ...(last === undefined || seen.length <= limit ? {} : { after: last.name }) };
}

/** A page may be short, and yet not the last. */
export function visibleHistory(page: PurgeHistoryPage, grant: Grant): PurgeHistoryPage {
  return { ...page, purges: page.purges.filter(({ selectors }) => seesPurge(grant, selectors)) };
}

/** Those of caches that the caller may see. */
export function visibleRefills(
  { refills }: { readonly refills: readonly Refill[] },
  grant: Grant,
): { readonly refills: readonly Refill[] } {
  return { refills: refills.filter(({ cache }) => seesCache(grant, cache)) };
}

/** Those that the caller could have had made, but for the scopes. */
export function visibleSchedules(
  { schedules }: { readonly schedules: readonly Schedule[] },
  grant: Grant,
): { readonly schedules: readonly Schedule[] } {
  const isOwn = (schedule: Schedule) => {
    const { about } = toSchedule(schedule);
    return decide(grant, { needs: [], namespace: undefined, about }).allowed;
  };
  return { schedules: schedules.filter(isOwn) };
}
