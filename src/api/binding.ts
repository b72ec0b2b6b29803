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
import { decide } from "./access.ts";
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

  /** Filling takes no scope: what is filled, and what is counted meanwhile, has to be of a cache that it may use. */
  mayFill(namespace: string, context: CallContext, ...named: readonly (Named | undefined)[]): void {
    if (!this.#isRestricted) return;
    this.#require({ needs: [], namespace, about: { kind: "visible" } });
    if (this.#grant.caches === undefined) return;
    const { report } = parse(CallContextSchema, context, "context");
    const counted = [...(report?.counts ?? []), ...(report?.top ?? [])].map(({ cache }) => cache as string);
    const others = counted.filter((cache) => cache !== EVERY_CACHE);
    for (const cache of [...others, ...named.flatMap((one) => (one == null ? [] : cachesOf(one)))]) {
      this.#require({ needs: [], namespace, about: { kind: "cache", cache } });
    }
  }

  mayRead(scope: Scope, namespace: string, about: About): void {
    if (this.#isRestricted) this.#require({ needs: [scope], namespace, about });
  }

  mayRemove(namespace: string, cache: string, key?: string): void {
    if (!this.#isRestricted) return;
    if (key !== undefined) this.mayFill(namespace, {}, { cache, key });
    const selectors = [{ cache: cache as CacheName, key: (key ?? "") as Key }];
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
