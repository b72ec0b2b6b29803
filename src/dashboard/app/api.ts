import type { Explanation } from "../../../schema/explain.ts";
import type { Ticket } from "../../../schema/feed.ts";
import type { EntriesPage, NamespacesPage, TagsPage } from "../../../schema/listing.ts";
import type { DryRunResult, PurgeHistoryPage, PurgeResult, RevokeResult } from "../../../schema/purge.ts";
import type { PurgeRequest } from "../../../schema/purge-request.ts";
import type { CacheStats, TopReply } from "../../../schema/stats.ts";
import type { Wire } from "../../../schema/wire.ts";

/** What the API has refused, in its own words. */
class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Query {
  readonly [name: string]: string | number | undefined;
}

/** The REST API, as the holder of a token uses it. */
export class Api {
  /** The reserved prefix: the page lies right under it. */
  static readonly prefix = location.pathname.replace(/\/dashboard\/?$/, "");
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  namespaces(): Promise<Wire<NamespacesPage>> {
    return this.#get("/v1/namespaces", { limit: 200 });
  }

  stats(namespace: string, query: Query): Promise<Wire<CacheStats>> {
    return this.#get(`${of(namespace)}/stats`, query);
  }

  top(namespace: string, query: Query): Promise<Wire<TopReply>> {
    return this.#get(`${of(namespace)}/top`, query);
  }

  entries(namespace: string, query: Query): Promise<Wire<EntriesPage>> {
    return this.#get(`${of(namespace)}/entries`, query);
  }

  tags(namespace: string, query: Query): Promise<Wire<TagsPage>> {
    return this.#get(`${of(namespace)}/tags`, query);
  }

  history(namespace: string, query: Query): Promise<Wire<PurgeHistoryPage>> {
    return this.#get(`${of(namespace)}/purges`, query);
  }

  tryOut(namespace: string, request: PurgeRequest): Promise<Wire<DryRunResult>> {
    return this.#post(`${of(namespace)}/purge`, { ...request, dryRun: true });
  }

  purge(namespace: string, request: PurgeRequest): Promise<Wire<PurgeResult>> {
    return this.#post(`${of(namespace)}/purge`, request);
  }

  revoke(namespace: string, seq: number): Promise<Wire<RevokeResult>> {
    return this.#post(`${of(namespace)}/purges/${seq}/revoke`, {});
  }

  explain(namespace: string, request: object): Promise<Wire<Explanation>> {
    return this.#post(`${of(namespace)}/explain`, request);
  }

  /** The URL of a live feed; it is good for one connection. */
  async liveUrl(namespace: string, since: string | undefined): Promise<string> {
    const { ticket } = await this.#post<Wire<Ticket>>(`${of(namespace)}/tickets`, {});
    const url = new URL(`${Api.prefix}${of(namespace)}/live`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("ticket", ticket);
    if (since !== undefined) url.searchParams.set("since", since);
    return url.href;
  }

  #get<Reply>(path: string, query: Query): Promise<Reply> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return this.#ask(`${path}?${search}`, { method: "GET" });
  }

  #post<Reply>(path: string, body: object): Promise<Reply> {
    const headers = { "Content-Type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  async #ask<Reply>(path: string, init: RequestInit): Promise<Reply> {
    const headers = { ...init.headers, Authorization: `Bearer ${this.#token}` };
    const response = await fetch(`${Api.prefix}${path}`, { ...init, headers }).catch(() => {
      throw new Refusal("unreachable", "The coordinator cannot be reached. It is asked again when you try again.");
    });
    if (response.ok) return response.json();
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    throw new Refusal(problem.code ?? "unknown", problem.detail ?? `The coordinator answered ${response.status}.`);
  }
}

function of(namespace: string): string {
  return `/v1/caches/${encodeURIComponent(namespace)}`;
}
