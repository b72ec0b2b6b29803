import type { PurgeMode, Selector } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";

/** Something a maker made for a place: what a fill or a put offers to be kept. */
export interface Content {
  readonly id: string;
  readonly cache: string;
  readonly url: string;
  readonly key: string;
  readonly tags: readonly string[];
  readonly permanent: boolean;
  readonly ttlSeconds: number;
  readonly swrSeconds: number;
  readonly sieSeconds: number;
  /** How long the history was when its maker began. */
  begun: number;
  /** How long the history was at least, as far as its maker's isolate has told anyone: less where it had not heard. */
  told: number;
  storedAtMs: number;
  /** Whether the object has been told of it for certain. */
  isReported: boolean;
}

/** One purge of the linear history. An emptied namespace is one that erases everything. */
export interface Purge {
  /** Its place in the history, from 1 on. */
  readonly at: number;
  readonly atMs: number;
  readonly mode: PurgeMode;
  readonly selectors: readonly Selector[];
  /** Whether anybody may take it back. */
  readonly revocable: boolean;
  revoked: boolean;
}

export type State = "fresh" | "stale" | "error-only" | "gone";

/**
 * What purges mean, with nothing of how they travel: the history as the object has written it, and what it makes of a
 * content. It knows of no view, no sync, no window and no data centre.
 */
export class Model {
  readonly purges: Purge[] = [];
  /** Purges and revocations so far. */
  length = 0;

  purge(mode: PurgeMode, selectors: readonly Selector[], atMs: number, revocable = true): void {
    this.length += 1;
    this.purges.push({
      at: this.length,
      atMs,
      mode,
      selectors,
      revocable: revocable && mode !== "erase",
      revoked: false,
    });
  }

  revoke(at: number): void {
    this.length += 1;
    const purge = this.purges.find((other) => other.at === at);
    if (purge !== undefined) purge.revoked = true;
  }

  /** The purges in force that hit a content whose maker began when the history was `since` long. */
  against(content: Content, since: number): Purge[] {
    return this.purges.filter((purge) => purge.at > since && !purge.revoked && hits(purge, content));
  }

  /** What everyone who knows the whole history makes of it. */
  state(content: Content, since: number, nowMs: number): State {
    const purges = this.against(content, since);
    if (purges.some(({ mode }) => mode !== "soft")) return "gone";
    const beyondFresh = (nowMs - content.storedAtMs) / 1000 - content.ttlSeconds;
    if (beyondFresh < 0 && purges.length === 0) return "fresh";
    if (Math.max(0, beyondFresh) < content.swrSeconds) return "stale";
    return Math.max(0, beyondFresh) < content.sieSeconds ? "error-only" : "gone";
  }

  /** What may be made of it, as its maker's isolate may not have heard of all there was when it began. */
  states(content: Content, nowMs: number): State[] {
    const length = Math.max(0, content.begun - content.told) + 1;
    const since = Array.from({ length }, (_, at) => content.begun - at);
    return [...new Set(since.map((at) => this.state(content, at, nowMs)))];
  }
}

export function hits({ mode, selectors }: Pick<Purge, "mode" | "selectors">, content: Content): boolean {
  return selectors.some(({ cache, url, key, tags, allOf, prefix }) => {
    if (content.permanent && mode !== "erase" && url === undefined && key === undefined) return false;
    return (
      (cache === undefined || cache === content.cache) &&
      (url === undefined || url === content.url) &&
      (key === undefined || key === content.key) &&
      (tags === undefined || tags.some((tag) => content.tags.includes(tag))) &&
      (allOf === undefined || allOf.every((tag) => content.tags.includes(tag))) &&
      (prefix === undefined || content.url.startsWith(prefix))
    );
  });
}

/** What a request purges: the union of `any`, or what it names itself; in its cache, if it names one. */
export function selectorsIn(request: PurgeRequest): Selector[] {
  const { cache } = request;
  return (request.any ?? [request]).map(({ cache: own, url, key, tags, allOf, prefix }) => {
    const where = cache ?? own;
    return Object.fromEntries(
      Object.entries({ cache: where, url, key, tags, allOf, prefix }).filter(([, value]) => value !== undefined),
    ) as Selector;
  });
}
