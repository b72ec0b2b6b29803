/** Why a request went on to the origin (RFC 9211 section 2.2). */
export type ForwardReason = "bypass" | "method" | "uri-miss" | "vary-miss" | "miss" | "request" | "stale";

/** What Larder says of how it handled a request (RFC 9211 section 2). */
export type CacheStatusMember =
  | {
      readonly outcome: "hit";
      /** Seconds of freshness left; negative when it was served stale (section 2.4). */
      readonly ttlSeconds?: number;
      /** For people, or for a program that knows this cache (section 2.8). */
      readonly detail?: string;
    }
  | {
      readonly outcome: "forwarded";
      readonly reason: ForwardReason;
      /** The status the origin answered with (section 2.3). */
      readonly status?: number;
      /** `collapsed`: no request of its own went on; another's, for the same, brought the answer (section 2.6). */
      readonly request?: "sent" | "collapsed";
      /** Whether the answer was stored (section 2.5). */
      readonly storage?: "stored" | "not-stored";
      readonly ttlSeconds?: number;
      readonly detail?: string;
    };

/** The two levels: the data centre's cache, and that of the namespace's own data centre. */
export type CacheName = "Larder" | "Larder-Shield";

/** The largest integer of RFC 8941 section 3.3.1: 15 digits. */
const MOST_INTEGER = 999_999_999_999_999;

/** One member of the `Cache-Status` list, with a space before each parameter as in the examples of RFC 9211. */
export function cacheStatus(member: CacheStatusMember, name: CacheName = "Larder"): string {
  return name + outcomeParameters(member) + commonParameters(member);
}

/**
 * Adds the member to the field in place. RFC 9211 section 2: caches are listed from the one nearest the origin to the
 * one nearest the user, each adding itself at the end.
 *
 * @throws TypeError when `headers` is immutable, as those of a fetched or cached response are
 */
export function addCacheStatus(headers: Headers, member: CacheStatusMember, name?: CacheName): void {
  headers.append("cache-status", cacheStatus(member, name));
}

/** What this cache itself has said in short, as the last in the list: `hit`, or why the request went on. */
export function cacheOutcome(headers: Headers): string | undefined {
  const own = /(?:^|, )Larder(;[^,]*)$/.exec(headers.get("cache-status") ?? "")?.[1] ?? "";
  return /; (?:fwd=)?(hit|[a-z-]+)/.exec(own)?.[1];
}

function outcomeParameters(member: CacheStatusMember): string {
  if (member.outcome !== "forwarded") return member.outcome === "hit" ? "; hit" : "";
  const status = member.status === undefined ? "" : `; fwd-status=${integer(member.status)}`;
  const stored = member.storage === "stored" ? "; stored" : "";
  const collapsed = member.request === "collapsed" ? "; collapsed" : "";
  return `; fwd=${member.reason}${status}${stored}${collapsed}`;
}

function commonParameters({ ttlSeconds, detail }: CacheStatusMember): string {
  const ttl = ttlSeconds === undefined ? "" : `; ttl=${integer(ttlSeconds)}`;
  return detail === undefined ? ttl : `${ttl}; detail=${tokenOrString(detail)}`;
}

/** RFC 8941 section 3.3.1. Fractions are rounded down, so that no more freshness is claimed than there is. */
function integer(value: number): string {
  return String(Math.max(-MOST_INTEGER, Math.min(Math.floor(value), MOST_INTEGER)));
}

/** A token (RFC 8941 section 3.3.4) where `text` is one, else a string (3.3.3), which holds printable ASCII only. */
function tokenOrString(text: string): string {
  if (/^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/.test(text)) return text;
  const printable = text.replace(/[^\x20-\x7e]/gu, "?");
  return `"${printable.replace(/["\\]/g, "\\$&")}"`;
}
