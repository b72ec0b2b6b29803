import type { StoredEntry } from "../../schema/entry.ts";
import type { MissReason } from "../../schema/events.ts";
import { addCacheStatus } from "../http/cache-status.ts";
import { forwardReason } from "./forward-reason.ts";

/** How an entry came to answer a request. */
export type How =
  /** It lay in the data centre's cache; `unconfirmed`: the view it was judged by is older than the bound. */
  | { readonly by: "cache"; readonly view: "confirmed" | "unconfirmed" }
  /** It was stale, and the origin has confirmed it. */
  | { readonly by: "confirmation" }
  /** It was missing for that reason, and another's fill brought it, here or by the shield. */
  | { readonly by: "wait" | "shield"; readonly reason: MissReason };

/** Says on a response out of a cache how old it is and how it was found (RFC 9111 section 5.1, RFC 9211). */
export function markServed(headers: Headers, { ttlSeconds }: StoredEntry, ageSeconds: number, how: How): void {
  headers.set("age", String(Math.floor(ageSeconds)));
  const left = ttlSeconds - ageSeconds;
  if (how.by === "cache") {
    const detail = how.view === "confirmed" ? {} : { detail: how.view };
    addCacheStatus(headers, { outcome: "hit", ttlSeconds: left, ...detail });
    return;
  }
  if (how.by === "confirmation") {
    const confirmed = { outcome: "forwarded", reason: "stale", status: 304, storage: "stored" } as const;
    addCacheStatus(headers, { ...confirmed, ttlSeconds: left });
    return;
  }
  const forwarded = { outcome: "forwarded", reason: forwardReason(how.reason), ttlSeconds: left } as const;
  if (how.by === "wait") {
    addCacheStatus(headers, { ...forwarded, request: "collapsed" });
    return;
  }
  addCacheStatus(headers, { outcome: "hit", ttlSeconds: left }, "Larder-Shield");
  addCacheStatus(headers, { ...forwarded, storage: "stored" });
}
