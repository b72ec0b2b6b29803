/**
 * Every limit of Larder, in one place, so that the client, the RPC surface and the REST API refuse the same input
 * with the same words.
 */
export const limits = {
  /** Characters in the name of a namespace or a cache. */
  nameCharacters: 128,
  /** Characters in one tag; Cloudflare's own limit for a cache tag. */
  tagCharacters: 1024,
  /** Tags on one entry; Cloudflare's own limit for one response. */
  tagsPerEntry: 1000,
  /**
   * Characters of all tags of one entry, joined by commas: Cloudflare keeps at most 16 KB of `Cache-Tag`
   * (developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags, "A few things to remember").
   */
  tagsTotalCharacters: 16_000,
  /** Selectors in one purge. */
  selectorsPerPurge: 1000,
  /** Characters of a purge's selectors as JSON: what one row of the log, and one reply that carries it, may hold. */
  selectorsCharacters: 256 * 1024,
  /** URLs, tags and prefixes that the purge records of an isolate's view name; older entries are asked about one by one. */
  viewRecords: 10_000,
  /** Characters of purge records, as JSON, in one reply: an RPC message holds 32 MiB. */
  viewCharacters: 8 * 1024 * 1024,
  /** Entries an erasing purge removes. */
  erasedEntries: 10_000,
  /** Entries a purge judges one by one to count what it hits, at some 4 µs each; of more it tells what the index holds. */
  countedEntries: 1_000,
  /** Cache groups of one response; RFC 9875 section 2 asks for at least 32. */
  groups: 64,
  /** Purges on a page of the history. */
  historyPage: 200,
  /** Entries, tags or namespaces on a page of a list. */
  listPage: 200,
  /** Names in one answer about what is asked for most. */
  topNames: 100,
  /** Characters in the name of a rule as it is counted by; the rest is left out. */
  ruleCharacters: 200,
  /** Characters in a key or tag that is counted by name; the rest is left out. */
  countedNameCharacters: 512,
  /** URLs that one refill fetches. */
  refillUrls: 10_000,
  /** Requests of one refill that may be under way at one time, */
  refillConcurrency: 50,
  /** and that may begin in a second. */
  refillsPerSecond: 1_000,
  /** Bytes of one sitemap, decoded: it is read as a whole. */
  sitemapBytes: 16 * 1024 * 1024,
  /** Refills of one namespace that wait or run. */
  refills: 100,
  /** Seconds for which a cache may gather purges. */
  debounceSeconds: 600,
  /** Purges that are gathered at one time; the next puts them in force. */
  gatheredPurges: 10_000,
  /** Schedules of one namespace. */
  schedules: 100,
  /** Connections to the live feed of one namespace; the platform itself stops at 32,768. */
  feedSubscribers: 10_000,
  /** Purges in one frame of the live feed, */
  feedEvents: 1_000,
  /** and characters of what they name, as JSON; more than that in the next frame. */
  feedCharacters: 1024 * 1024,
  /**
   * Characters that the live feed sends to a client from which no ping comes: it may have stopped reading, and what it does
   * not read stays in the memory of the object.
   */
  feedUnansweredCharacters: 4 * 1024 * 1024,
  /** Keys on a page of a dry run. */
  dryRunPage: 100,
  /** Characters in a URL or a URL prefix; Cloudflare's own limit for a URL is 16 KB. */
  urlCharacters: 8192,
  /** Characters in a key: a URL and what is added to it. */
  keyCharacters: 16_384,
  /** Characters of what one response says of its query by `No-Vary-Search`; more is taken as if it said nothing. */
  searchRuleCharacters: 1024,
  /** Bytes of the body of a request that is cached by it: of QUERY, */
  queryBodyBytes: 65_536,
  /** and of POST and whatever else a rule names. */
  keyedBodyBytes: 8_000,
  /** Languages of one cache. */
  languages: 100,
  /** Request headers a cache may vary on. */
  varyHeaders: 16,
  /** Seconds; one year, the longest lifetime RFC 9111 caches are expected to honour usefully. */
  ttlSeconds: 31_536_000,
  /** Statuses, classes and ranges of statuses in one `ttlByStatus`. */
  statusTtls: 50,
  /** Seconds for which one fill may hold its lease. */
  fillTimeoutSeconds: 600,
  /** Callers that wait for one fill. */
  waiters: 10_000,
  /** Seconds for which a key whose response could not be stored is not waited for. */
  hitForMissSeconds: 86_400,
  /** Bytes of a body that the shield keeps: it passes through the namespace object. */
  shieldBytes: 16 * 1024 * 1024,
  /** Bytes in one body: what Cloudflare's cache holds on every plan below Enterprise. */
  bodyBytes: 512 * 1024 * 1024,
  /** Bytes in the body of a REST request. */
  apiBodyBytes: 1024 * 1024,
  /** Bytes in one line of an export: with what it is sent in, it fits into one request. */
  exportLineBytes: 1_000_000,
  /** Lines of an export in one request that imports them. */
  importLines: 1000,
  /** Characters in the reason given for a purge. */
  reasonCharacters: 500,
  /** Route rules in one cache. */
  rules: 500,
  /** Headers, cookies and traffic splits, of each so many, in one key policy. */
  keyValues: 16,
  /** Query parameters that a key policy names. */
  keyParameters: 200,
  /** Groups of the values of one header or cookie. */
  keyGroups: 50,
  /** Characters in the pattern of a group. */
  patternCharacters: 500,
  /** Characters of a value that a group's pattern is tried on. */
  groupedCharacters: 1000,
  /** Variants in one traffic split. */
  splitVariants: 20,
  /** Characters of a token that is a JWT; header fields of 16 KB in all are what platforms take. */
  tokenCharacters: 8192,
  /** Seconds from the issue of a token to its end: a year. */
  tokenSeconds: 31_536_000,
  /** Bytes, at least, of a secret that tokens are signed by: those of the hash (RFC 7518 section 3.2). */
  tokenSecretBytes: 32,
  /** Namespaces, caches or scopes that a token or a binding names. */
  grantNames: 100,
  /** Seconds after which a live feed that a token has opened is to be opened anew: it may have been revoked meanwhile. */
  feedTokenSeconds: 3600,
  /** Tokens that may be revoked at one time: each isolate that checks tokens keeps their ids. */
  revokedTokens: 10_000,
} as const;

/** The name under which what is of a whole namespace is counted; no cache can have it. */
export const EVERY_CACHE = "*";

/** A namespace no cache may use: what Larder keeps for itself. */
export const RESERVED_NAMESPACE = "larder";
