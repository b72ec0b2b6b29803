import { toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { ExplainWish, Explanation, Held, ObjectReply, Outcome, ResponseExplained } from "../../schema/explain.ts";
import { normalizeVary } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { formatVersion } from "../../schema/version.ts";
import { copyTold } from "../log/copy-told.ts";
import type { LogState } from "../log/verdict.ts";
import { byAge, logState } from "../log/verdict.ts";
import type { DataCentreCache } from "../store/data-centre-cache.ts";
import type { FoundAt } from "./find.ts";
import { findEntry } from "./find.ts";
import type { KeyedBy } from "./place.ts";
import { isKeyedByBody, keyedUrlOf, partsOf, placeOf, variantOf } from "./place.ts";
import type { PassReason, Policy } from "./policy.ts";
import { keyedBy, policyFor, reasonToPass, ruleName } from "./policy.ts";
import type { FoundEntry, Seen } from "./seen.ts";
import { fitnessFor, isPresent, reasonFor, seenAs } from "./seen.ts";
import { storingVerdict } from "./storing.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewAtHand, ViewKeeper } from "./view-keeper.ts";

/** What a request is, by the declaration of its cache. */
interface Asked {
  readonly config: CacheConfig;
  readonly request: Request;
  readonly policy: Policy;
  readonly by: KeyedBy;
  readonly wish: ExplainWish;
}

/** By what an entry is judged: what a look-up would have at hand, and what the object says of this one. */
interface Judges {
  readonly keeper: ViewKeeper;
  readonly outlook: ViewAtHand | { readonly kind: "asks" };
  readonly reply: ObjectReply | undefined;
}

/**
 * Tells what a look-up would come to, and why, by the same predicates and without doing anything: it counts nothing,
 * stores nothing, takes no turn, and leaves the isolate's view as far behind as it is.
 */
export class Explainer {
  readonly #cache: DataCentreCache;
  readonly #surroundings: Pick<Surroundings, "nowMs">;

  constructor(cache: DataCentreCache, surroundings: Pick<Surroundings, "nowMs">) {
    this.#cache = cache;
    this.#surroundings = surroundings;
  }

  async explain(keeper: ViewKeeper, config: CacheConfig, request: Request, wish: ExplainWish): Promise<Explanation> {
    const policy = policyFor(config, request);
    const by = keyedBy(policy, wish);
    const asked = { config, request, policy, by, wish };
    const past = reasonToPass(policy, request, wish.body);
    const hasKey = isKeyedByBody(request) === (typeof wish.body === "string");
    const found = hasKey ? await findEntry(this.#cache, config, request, by) : undefined;
    await found?.stored?.body?.cancel();
    const reply = found === undefined ? undefined : await this.#ask(keeper, asked, found);
    const judges = { keeper, reply, outlook: keeper.outlook(config, reply === undefined ? "silent" : "answers") };
    const seen = found === undefined ? undefined : this.#judged(found, judges);
    const names = found?.names ?? [];
    const wholly = names.length === 0 ? by : { ...by, vary: normalizeVary([...by.vary, ...names]) };
    const { response } = wish;
    return {
      ...outcomeOf(asked, { past, found, seen, outlook: judges.outlook }),
      namespace: config.namespace,
      cache: config.name,
      key: found?.place.key ?? null,
      url: keyedUrlOf(request, wholly),
      parts: partsOf(request, wholly).map(([name, value]) => ({ name, value })),
      rule: ruleOf(asked),
      past: past === undefined ? null : { reason: past, what: whatPasses(past, asked) },
      view: viewOf(keeper, config),
      here: found === undefined || seen === undefined ? null : this.#held(found, seen, judges),
      object: reply?.object ?? null,
      ...(response === undefined ? {} : { response: this.#admitted(asked, response) }),
    };
  }

  /** What the object says; undefined where it does not answer. Where it alone knows that the responses vary, of the variant. */
  async #ask(keeper: ViewKeeper, asked: Asked, found: FoundAt): Promise<ObjectReply | undefined> {
    const { place, stored } = found;
    const entry = stored?.found.kind === "entry" ? toldOf(stored.found, keeper) : null;
    const ask = ({ key, url, cache }: FoundAt["place"]) =>
      keeper.peek((object, context) => object.explain(context, { key, url, cache }, entry));
    try {
      const reply = await ask(place);
      const { varies } = reply.object.notes;
      if (varies === undefined || entry !== null) return reply;
      const variant = variantOf(asked.config, asked.request, asked.by, [...found.names, ...varies.names]);
      if (variant === undefined || variant.key === place.key) return reply;
      const { object, ...rest } = await ask(variant);
      return { ...rest, object: { ...object, notes: { ...object.notes, varies } } };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      return undefined;
    }
  }

  #judged({ stored }: FoundAt, judges: Judges): Seen {
    if (stored?.found.kind === "pass") return { state: "hit-for-miss" };
    if (stored?.found.kind !== "entry") return { state: "absent" };
    return seenAs(stored, stored.found, logBy(stored.found, judges), this.#surroundings.nowMs());
  }

  #held({ stored, names, steps }: FoundAt, seen: Seen, judges: Judges): Held {
    const varies = names.length === 0 ? {} : { varies: names };
    const { keeper, reply } = judges;
    if (stored?.found.kind !== "entry") {
      return { state: seen.state === "absent" && steps === 2 ? "variant" : seen.state, ...varies };
    }
    const nowMs = this.#surroundings.nowMs();
    const { entry } = stored.found;
    const here = keeper.view === undefined ? undefined : logState(entry, keeper.view).state;
    const isPending = reply !== undefined && here !== undefined && here !== "unknown" && here !== reply.verdict;
    return {
      state: byAge(entry, logBy(stored.found, judges), nowMs).state,
      ...varies,
      copy: copyTold(entry, nowMs),
      ...(reply?.invalidatedBy === undefined ? {} : { invalidatedBy: reply.invalidatedBy }),
      ...(isPending ? { pending: true } : {}),
    };
  }

  #admitted(asked: Asked, { status, headers }: NonNullable<ExplainWish["response"]>): ResponseExplained {
    const { config, request, policy, by, wish } = asked;
    const { vary, body, heuristics } = wish;
    const options = Object.fromEntries(
      Object.entries({ vary, body, heuristics }).filter(([, value]) => value !== undefined),
    );
    const offered = { status, headers: new Headers(headers) };
    const nowMs = this.#surroundings.nowMs();
    const judged = storingVerdict({ config, policy, request, response: offered, options, nowMs });
    if (!judged.store) return { stored: false, reason: judged.reason };
    const { store: _, varyNames, ...lifetimes } = judged;
    const place = varyNames.length === 0 ? placeOf(config, request, by) : variantOf(config, request, by, varyNames);
    if (place === undefined) return { stored: false, reason: "too-long" };
    return { stored: true, ...lifetimes, vary: varyNames };
  }
}

/** The entry, and what this isolate's own view has against it. */
function toldOf({ entry }: FoundEntry, { view }: ViewKeeper) {
  const own = view === undefined ? undefined : logState(entry, view);
  const purgedBy = own !== undefined && "by" in own && own.by > 0 ? { purgedBy: own.by } : {};
  return { ...toJudge(entry), ...purgedBy };
}

/** What the log makes of an entry, as a look-up would learn it: from the view, or from the object. */
function logBy({ entry }: FoundEntry, { keeper, outlook, reply }: Judges): LogState {
  const view = "view" in outlook ? outlook.view : outlook.kind === "asks" ? undefined : keeper.view;
  const own = view === undefined ? undefined : logState(entry, view);
  if (own !== undefined && own.state !== "unknown") return own;
  if (reply === undefined || reply.verdict === null) return { state: "unknown" };
  const by = reply.invalidatedBy?.cause === "purge" ? reply.invalidatedBy.seq : 0;
  return reply.verdict === "in-force" ? { state: reply.verdict } : { state: reply.verdict, by };
}

function outcomeOf(
  { config, request }: Asked,
  told: {
    readonly past: PassReason | undefined;
    readonly found: FoundAt | undefined;
    readonly seen: Seen | undefined;
    readonly outlook: Judges["outlook"];
  },
): Outcome {
  const { past, found, seen, outlook } = told;
  if (past !== undefined) return { outcome: "miss", reason: past };
  if (found === undefined || seen === undefined) return { outcome: "miss", reason: "too-long" };
  if (outlook.kind === "unreachable") return { outcome: "miss", reason: "unreachable" };
  const fitness = isPresent(seen) ? fitnessFor(config, request, seen, {}) : "unfit";
  if (fitness === "fit") return { outcome: seen.state === "fresh" ? "hit" : "stale" };
  const miss = { outcome: "miss", reason: reasonFor(seen, fitness, found.steps) } as const;
  return isPresent(seen) ? { ...miss, fallback: true } : miss;
}

function ruleOf({ config, policy }: Asked): Explanation["rule"] {
  const [index, name] = [policy.rule, ruleName(config, policy)];
  return index === undefined || name === undefined ? null : { index, name };
}

function viewOf(keeper: ViewKeeper, { purgeLagSeconds }: CacheConfig): Explanation["view"] {
  if (keeper.view === undefined) return null;
  const { confirmedSecondsAgo } = keeper;
  const version = formatVersion(keeper.view.point);
  return { version, confirmedSecondsAgo, withinBound: confirmedSecondsAgo <= purgeLagSeconds };
}

/** What it is, of the request or of the declaration, for people. */
function whatPasses(reason: PassReason, asked: Asked): string {
  const { config, request, policy, wish } = asked;
  switch (reason) {
    case "disabled":
      return config.caching === "off" ? "the cache" : (ruleOf(asked)?.name ?? "the cache");
    case "method":
      return policy.isCachedMethod && wish.body === undefined ? `${request.method} that is no query` : request.method;
    case "bypass":
      return policy.bypass ?? "";
    case "body-too-big":
      return "the body";
  }
}
