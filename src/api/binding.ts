import { LarderError } from "../../schema/errors.ts";
import type { Key } from "../../schema/key.ts";
import { cacheOfKey } from "../../schema/key.ts";
import { EVERY_CACHE } from "../../schema/limits.ts";
import type { CacheName } from "../../schema/names.ts";
import type { PurgeHistoryPage } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { PurgeRequestSchema, SeqSchema } from "../../schema/purge-request.ts";
import type { CallContext, NamespaceRpc } from "../../schema/rpc.ts";
import { CallContextSchema } from "../../schema/rpc.ts";
import type { Scope } from "../../schema/token.ts";
import { BindingPropsSchema } from "../../schema/token.ts";
import { parse } from "../../schema/validate.ts";
import type { About, Asked, Grant } from "./access.ts";
import { decide, seesCache } from "./access.ts";
import { capped, toPurge, toRevoke } from "./asks.ts";
import { visibleHistory } from "./visible.ts";

/** What a call of the way of a fill names: a place, a lease, or an entry. */
interface Named {
  readonly cache?: string | undefined;
  readonly key?: string | undefined;
}

/** What has been read of props, by their text: the runtime makes them anew for each call. */
const known = new Map<string, Binding>();
const MOST_KNOWN = 1000;

/** What a service binding may do, by its props. Each call asks it, a hit too: that costs a look-up or two. */
export class Binding {
  /** For the history of purges: the name the binding was given, or that it was some binding. */
  readonly by: string;
  readonly #grant: Grant;
  readonly #isRestricted: boolean;
  /** Declarations that were found to be of what it may use. */
  readonly #usable = new WeakSet<object>();

  private constructor(props: unknown) {
    const { caller, namespace, namespaces, ...rest } = parse(BindingPropsSchema, props, "props");
    this.by = caller === undefined ? "binding" : `binding:${caller}`;
    // A name is a glob that stands for itself: there are no signs in it.
    this.#grant = { holder: "binding", namespaces: namespace === undefined ? namespaces : [namespace], ...rest };
    this.#isRestricted = Object.entries(this.#grant).some(([name, of]) => name !== "holder" && of !== undefined);
  }

  /** @throws LarderError `invalid-input` where the props are not as they must be: none is ignored */
  static of(props: unknown): Binding {
    const text = JSON.stringify(props ?? {}) ?? "{}";
    let binding = known.get(text);
    if (binding === undefined) {
      binding = new Binding(props ?? {});
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(text, binding);
    }
    return binding;
  }

  /** @throws LarderError `forbidden`, `insufficient-scope` */
  mayUse(config: { readonly namespace: string; readonly name: string }): void {
    if (!this.#isRestricted || this.#usable.has(config)) return;
    this.#require({ needs: [], namespace: config.namespace, about: { kind: "cache", cache: config.name } });
    this.#usable.add(config);
  }

  /** Filling takes no scope, but what is filled has to be of a cache that it may use. */
  mayFill(namespace: string, ...named: readonly (Named | null | undefined)[]): void {
    if (!this.#isRestricted) return;
    this.#require({ needs: [], namespace, about: { kind: "visible" } });
    if (this.#grant.caches === undefined) return;
    for (const cache of named.flatMap((one) => (one == null ? [] : cachesOf(one)))) {
      this.#require({ needs: [], namespace, about: { kind: "cache", cache } });
    }
  }

  /**
   * The context without what was counted of other caches. That is left out, and not refused: an isolate counts what all of
   * its caches do, and hands it over with whatever it asks next, so that one look-up in a wrong cache would end all others.
   */
  counted(context: CallContext): CallContext {
    if (this.#grant.caches === undefined) return context;
    const { report, ...rest } = parse(CallContextSchema, context, "context");
    const isOwn = ({ cache }: { readonly cache: string }) => cache === EVERY_CACHE || seesCache(this.#grant, cache);
    const since = rest.since === undefined ? {} : { since: rest.since };
    if (report === undefined) return since;
    return { ...since, report: { ...report, counts: report.counts.filter(isOwn), top: report.top.filter(isOwn) } };
  }

  mayRead(scope: Scope, namespace: string, about: About): void {
    if (this.#isRestricted) this.#require({ needs: [scope], namespace, about });
  }

  /** One entry, by its key. */
  mayRemove(namespace: string, cache: string): void {
    if (!this.#isRestricted) return;
    const selectors = [{ cache: cache as CacheName, key: "" as Key }];
    this.#require({ needs: ["purge:tags"], namespace, about: { kind: "selectors", selectors } });
  }

  /** The purge as it may be made. */
  mayPurge(namespace: string, request: PurgeRequest): PurgeRequest {
    if (!this.#isRestricted) return request;
    const asks = toPurge(parse(PurgeRequestSchema, request));
    return capped(request, this.#require({ namespace, ...asks }));
  }

  async mayRevoke(namespace: string, object: Pick<NamespaceRpc, "history">, seq: number): Promise<void> {
    if (!this.#isRestricted) return;
    // Before the history is asked, which is of a namespace too.
    this.#require({ needs: [], namespace, about: { kind: "visible" } });
    this.#require({ namespace, ...(await toRevoke(object, parse(SeqSchema, seq, "seq"))) });
  }

  visible<Page extends PurgeHistoryPage>(page: Page): Page {
    return this.#isRestricted ? { ...page, ...visibleHistory(page, this.#grant) } : page;
  }

  /** The most that a purge may hit. */
  #require(asked: Asked): number | undefined {
    const verdict = decide(this.#grant, asked);
    if (verdict.allowed) return verdict.maxEntries;
    const { of, message } = verdict.lack;
    throw new LarderError(of === "namespace" ? "forbidden" : "insufficient-scope", message, { field: of });
  }
}

/** A key says of itself which cache it is of, and what says otherwise beside it is not believed. */
function cachesOf({ cache, key }: Named): (string | undefined)[] {
  return [...(cache === undefined ? [] : [cache]), ...(key === undefined ? [] : [ofKey(key)])];
}

function ofKey(key: string): string | undefined {
  try {
    return cacheOfKey(key as Key);
  } catch {
    return undefined;
  }
}
