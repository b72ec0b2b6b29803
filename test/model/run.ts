import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { Demand } from "../../schema/rpc.ts";
import type { Version } from "../../schema/version.ts";
import { named, newest, Origins, optionsFor, pageAt } from "./asking.ts";
import { type Content, hits, type State } from "./model.ts";
import type { Asked, Step } from "./program.ts";
import { CACHES, described, LIVES, nameOf, PAGES } from "./program.ts";
import type { Isolate } from "./system.ts";
import { GRACE_SECONDS, LAG_SECONDS, System } from "./system.ts";

type Making = Extract<Step, { do: "put" | "wrap" }>;
type Of<Verb extends Step["do"]> = Extract<Step, { do: Verb }>;

/** An isolate that failed to reach the object still says so for this long: one sync's time-out, one retry's delay. */
const TROUBLE_MS = 4_000;

/** What an answer must reckon with, from when it was asked for. */
interface Question {
  readonly isolate: Isolate;
  readonly cache: number;
  readonly askedAtMs: number;
  /** How far in the history it must know, whatever its age. */
  readonly least: number;
  /** How far in the history its isolate had told others it was. */
  readonly told: number;
}

/** Runs one program against the system, and holds what it sees against the model. */
export class Run {
  readonly trace: string[] = [];
  readonly #system: System;
  readonly #contents = new Map<string, Content>();
  readonly #origins = new Origins();
  readonly #versions: Version[] = [];
  /** Puts that have named no version and are not in the cache yet. */
  readonly #plainPuts = new Set<string>();
  #alarmed = false;
  #violation: string | undefined;

  constructor(stores: readonly Cache[]) {
    this.#system = new System(stores, {
      storing: (...store) => this.#storing(...store),
      kept: (id) => this.#kept(id),
    });
  }

  /** @throws the first violation */
  async program(steps: readonly Step[]): Promise<void> {
    try {
      for (const step of [...steps, { do: "settle" } as const]) {
        this.trace.push(described(step));
        await this.#take(step);
        await this.#system.quiet();
        if (this.#violation !== undefined) throw new Error(this.#violation);
      }
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    this.#origins.fail();
    for (const call of this.#system.held) call.drop();
    await this.#system.advance(60);
  }

  #violated(what: string): void {
    this.trace.push(`  VIOLATION: ${what}`);
    this.#violation ??= what;
  }

  #note(what: string): void {
    this.trace.push(`    ${what}`);
  }

  #take(step: Step): Promise<void> | void {
    const system = this.#system;
    switch (step.do) {
      case "put":
        return this.#put(step);
      case "match":
        return this.#begin(this.#isolate(step.in), this.#match(step));
      case "wrap":
        return this.#begin(this.#isolate(step.in), this.#wrap(step));
      case "origin":
        return this.#origins.answer(step.which, step.answers);
      case "purge":
        return this.#begin(this.#isolate(step.in), this.#purge(step));
      case "remove":
        return this.#change(step.in, ({ edge }) => edge.remove(system.config(step.cache), system.request(step.page)));
      case "invalidate":
        return this.#change(step.in, ({ edge }) =>
          edge.invalidate(system.config(step.cache), { urls: [pageAt(step.page).url], tags: [step.tag] }),
        );
      case "revoke":
        return this.#begin(this.#isolate(step.in), this.#revoke(step));
      case "noise":
        return this.#change(step.in, async ({ edge }) => {
          for (let at = 0; at < step.purges; at += 1) await edge.purge(system.config(0), { tags: ["noise"] });
        });
      case "clock":
        return system.advance(step.seconds);
      case "link": {
        for (const { traffic } of step.in === "all" ? system.isolates : [this.#isolate(step.in)]) {
          if (traffic.inTrouble) traffic.troubledAtMs = system.clock.nowMs;
          traffic.state = step.state;
        }
        return;
      }
      case "deliver":
        return newest(system.held, step.which)?.go();
      case "restart":
        return system.restart(step.in);
      case "evict":
        return system.evict();
      case "alarm":
        this.#alarmed = true;
        return system.runAlarm();
      case "empty":
        return system.empty();
      case "settle":
        return this.#settle();
    }
  }

  #isolate(at: number): Isolate {
    return this.#system.isolates[at] as Isolate;
  }

  /** Begins what may take longer than the step. Only trouble on the link may make it fail. */
  #begin(isolate: Isolate, work: Promise<unknown>): void {
    const { traffic } = isolate;
    const wasTroubled = traffic.inTrouble;
    traffic.tracked(work).catch((error: unknown) => {
      if (wasTroubled || traffic.inTrouble) this.#note(`failed: ${error}`);
      else
        this.#violated(`failed, though the object could be reached: ${error instanceof Error ? error.stack : error}`);
    });
  }

  #change(at: number, work: (isolate: Isolate) => Promise<unknown>): void {
    this.#begin(this.#isolate(at), work(this.#isolate(at)));
  }

  #content(step: Making, isolate: Isolate): Content {
    const { model, clock } = this.#system;
    const [ttlSeconds, swrSeconds, sieSeconds] = LIVES[step.life] ?? LIVES[0];
    const content: Content = {
      id: `c${this.#contents.size + 1}`,
      cache: CACHES[step.cache] ?? CACHES[0],
      url: pageAt(step.page).url,
      key: this.#system.keyOf(step.cache, step.page),
      tags: step.tags,
      permanent: step.permanent,
      ttlSeconds,
      swrSeconds,
      sieSeconds,
      begun: model.length,
      told: isolate.told,
      storedAtMs: clock.nowMs,
      isReported: false,
    };
    this.#contents.set(content.id, content);
    this.#note(`${content.id} begins at ${content.begun}`);
    return content;
  }

  #put(step: Of<"put">): void {
    const isolate = this.#isolate(step.in);
    const content = this.#content(step, isolate);
    const { id } = content;
    this.#plainPuts.add(id);
    const response = new Response(id, { headers: { "x-content": id } });
    const [config, request] = [this.#system.config(step.cache), this.#system.request(step.page)];
    const store = () => isolate.edge.store(config, request, response, optionsFor(content));
    this.#begin(isolate, this.#storing(isolate, response, store));
  }

  /**
   * A put that names no version begins, for the log, when its isolate knows where the log stands: at once, or with its
   * first sync. Whoever wants what was made before to count as older has to hand over the version of before.
   */
  #kept(id: string): void {
    const content = this.#contents.get(id);
    if (content !== undefined && this.#plainPuts.delete(id)) content.begun = this.#system.model.length;
  }

  async #storing(
    isolate: Isolate,
    response: Response,
    store: () => ReturnType<Isolate["edge"]["store"]>,
    asOf?: string | null,
  ): ReturnType<Isolate["edge"]["store"]> {
    const { model, clock } = this.#system;
    const content = this.#contents.get(response.headers.get("x-content") ?? "");
    if (content === undefined) throw new Error("a response was stored that nobody made");
    content.storedAtMs = clock.nowMs;
    if (asOf != null) content.told = this.#system.positionOf(asOf);
    const receipt = await store();
    const { id, begun, told } = content;
    if (!receipt.stored) {
      this.#note(`${id} not stored: ${receipt.reason}`);
      const hit = model.purges.some((purge) => purge.at > told && purge.mode !== "soft" && hits(purge, content));
      if (receipt.reason === "purged-during-fill" && !hit && !this.#alarmed) {
        this.#violated(`${id} was refused, and no purge hits it`);
      }
      return receipt;
    }
    this.#note(`${id} stored as of ${told} or later`);
    content.isReported = !isolate.traffic.inTrouble;
    const reached = this.#system.positionOf(receipt.version);
    isolate.told = Math.max(isolate.told, reached);
    const missed = model.against(content, begun).find(({ at, mode }) => at <= reached && mode !== "soft");
    if (missed !== undefined) {
      this.#violated(`the fence let ${id}, begun at ${begun}, pass over purge ${missed.at}, as of ${reached}`);
    }
    return receipt;
  }

  #question(
    isolate: Isolate,
    cache: number,
    asked: Asked,
  ): { question: Question; demand: { atLeast?: Version; consistency?: "strong" } } {
    const { model, clock } = this.#system;
    const atLeast = typeof asked === "object" ? newest(this.#versions, asked.atLeast) : undefined;
    const least = Math.max(
      isolate.ownPurges,
      asked === "strong" ? model.length : 0,
      atLeast === undefined ? 0 : this.#system.positionOf(atLeast),
    );
    return {
      question: { isolate, cache, askedAtMs: clock.nowMs, least, told: isolate.told },
      demand: { ...(asked === "strong" ? { consistency: asked } : {}), ...(atLeast === undefined ? {} : { atLeast }) },
    };
  }

  async #match({ in: at, cache, page, asked }: Of<"match">): Promise<void> {
    const isolate = this.#isolate(at);
    const { question, demand } = this.#question(isolate, cache, asked);
    const { state, id } = await this.#look(question, cache, page, demand);
    this.#note(`${nameOf(at)}: ${state}${id === undefined ? "" : ` ${id}`}`);
  }

  /** What a look-up gives, held against what it is allowed to give. */
  async #look(
    question: Question,
    cache: number,
    page: number,
    demand: Demand,
  ): Promise<{ state: string; id?: string }> {
    const { edge } = question.isolate;
    const [config, request] = [this.#system.config(cache), this.#system.request(page)];
    let found = await edge.lookup(config, request, demand);
    const isStandIn = found.outcome === "miss" && found.fallback !== undefined;
    if (isStandIn) found = await edge.lookup(config, request, { ...demand, standIn: "failed" });
    if (found.outcome === "hit") {
      const state = isStandIn ? "error-only" : found.state;
      const id = this.#served(question, found.response, state);
      await found.response.text();
      return { state, id };
    }
    if (found.asOf !== null) this.#told(question, found.asOf);
    return { state: found.reason };
  }

  /** What an isolate has told it does not forget. */
  #told({ isolate, told }: Question, version: Version): void {
    const reached = this.#system.positionOf(version);
    if (reached < told) this.#violated(`it told ${reached} after it had told ${told}`);
    isolate.told = Math.max(isolate.told, reached);
  }

  /** Holds a response that was served against the purges its caller must not have missed. */
  #served({ isolate, cache, askedAtMs, least }: Question, response: Response, state: State): string {
    const { model, clock } = this.#system;
    const id = response.headers.get("x-content") ?? "";
    const content = this.#contents.get(id);
    if (content === undefined) {
      this.#violated(`served what nobody made: ${id}`);
      return id;
    }
    const isUnconfirmed = response.headers.get("cache-status")?.includes("detail=unconfirmed") === true;
    const { traffic } = isolate;
    if (isUnconfirmed && (cache !== 0 || (!traffic.inTrouble && traffic.troubledAtMs < askedAtMs - TROUBLE_MS))) {
      this.#violated(`${id} was served unconfirmed, though the object could be reached`);
    }
    const boundMs = (LAG_SECONDS + (isUnconfirmed ? GRACE_SECONDS : 0)) * 1000;
    const missed = model
      .against(content, content.begun)
      .find(
        ({ at, atMs, mode }) => (at <= least || atMs < clock.nowMs - boundMs) && (mode !== "soft" || state === "fresh"),
      );
    if (missed !== undefined) {
      const why = missed.at <= least ? `asked for ${least}` : `${(clock.nowMs - missed.atMs) / 1000} s after it`;
      this.#violated(`${id} was served ${state} in spite of ${missed.mode} purge ${missed.at} (${why})`);
    }
    return id;
  }

  async #wrap(step: Of<"wrap">): Promise<void> {
    const isolate = this.#isolate(step.in);
    const { question, demand } = this.#question(isolate, step.cache, step.asked);
    const mine: Content[] = [];
    const source = {
      load: async () => {
        const content = this.#content(step, isolate);
        mine.push(content);
        const answers = await isolate.traffic.parked(this.#origins.asked());
        if (!answers) throw new Error("the origin fails");
        return new Response(content.id, { headers: { "x-content": content.id } });
      },
      storeOptions: ({ headers }: Response) =>
        optionsFor(this.#contents.get(headers.get("x-content") ?? "") as Content),
    };
    const [config, request] = [this.#system.config(step.cache), this.#system.request(step.page)];
    let answer: Response;
    try {
      answer = await isolate.readThrough.answer(config, request, source, demand);
    } catch (error) {
      if (!String(error).includes("the origin fails")) throw error;
      return this.#note("the origin failed, and there was nothing to fall back on");
    }
    const id = answer.headers.get("x-content");
    const isFromCache = !mine.some((content) => content.id === id);
    // A fresh hit and a stale one look the same; `match` tells them apart.
    if (isFromCache) this.#served(question, answer, "stale");
    await answer.text();
    this.#note(`${nameOf(step.in)}: ${isFromCache ? "from the cache" : "from the origin"}: ${id}`);
  }

  async #purge(step: Of<"purge">): Promise<void> {
    const isolate = this.#isolate(step.in);
    const request: PurgeRequest = {
      ...named(step.what, (page) => this.#system.keyOf(step.cache ?? 0, page)),
      ...(step.cache === null ? {} : { cache: CACHES[step.cache] ?? CACHES[0] }),
      ...(step.mode === "hard" ? {} : { [step.mode]: true }),
    };
    const config = this.#system.config(step.cache ?? 0);
    const tried =
      step.tried && !isolate.traffic.inTrouble
        ? await isolate.edge.purge(config, { ...request, dryRun: true })
        : undefined;
    const result = await isolate.edge.purge(config, request);
    if (!("version" in result)) throw new Error("a purge gave no version");
    if (tried !== undefined && tried.purged !== result.purged) {
      this.#violated(`the dry run counted ${tried.purged}, the purge ${result.purged}`);
    }
    this.#versions.push(result.version);
    const reached = this.#system.positionOf(result.version);
    isolate.ownPurges = Math.max(isolate.ownPurges, reached);
    isolate.told = Math.max(isolate.told, reached);
    this.#note(`purge ${reached}: ${JSON.stringify(request)}`);
  }

  async #revoke(step: Of<"revoke">): Promise<void> {
    const { model, clock } = this.#system;
    const isolate = this.#isolate(step.in);
    const open = model.purges.filter(
      ({ at, revocable, revoked }) => revocable && !revoked && this.#system.seqOf(at) !== undefined,
    );
    const purge = newest(open, step.which);
    const seq = purge === undefined ? undefined : this.#system.seqOf(purge.at);
    if (purge === undefined || seq === undefined) return this.#note("nothing to take back");
    try {
      const { version } = await isolate.edge.revoke(this.#system.config(0), seq);
      isolate.told = Math.max(isolate.told, this.#system.positionOf(version));
      this.#note(`purge ${purge.at} taken back`);
    } catch (error) {
      const isTrimmed = this.#alarmed && purge.atMs < clock.nowMs - 60_000;
      if (!purge.revoked && !(isTrimmed && String(error).includes("so old"))) throw error;
    }
  }

  /**
   * Once every link works and the bound has passed, what is kept is served exactly as the model says. A put that had
   * not heard of a purge may count as older than it.
   */
  async #settle(): Promise<void> {
    const system = this.#system;
    const { model, clock } = system;
    await system.mend();
    await system.advance(LAG_SECONDS + TROUBLE_MS / 1000 + 0.5);
    const checks = system.isolates.flatMap((isolate, at) =>
      CACHES.flatMap((_, cache) => PAGES.map((_, page) => ({ isolate, at, cache, page }))),
    );
    for (const { isolate, at, cache, page } of checks) {
      const id = system.kept[isolate.dc]?.get(system.keyOf(cache, page));
      const content = this.#contents.get(id ?? "");
      // The log may have been cut off above what the object was never told of.
      if (content === undefined || (this.#alarmed && !content.isReported)) continue;
      const { question } = this.#question(isolate, cache, "bounded");
      const seen = await this.#look(question, cache, page, {});
      const expected = model.states(content, clock.nowMs);
      const state = ["fresh", "stale", "error-only"].includes(seen.state) ? seen.state : "gone";
      this.#note(`${nameOf(at)}: ${seen.state} ${seen.id ?? ""}, by the model ${content.id} ${expected[0]}`);
      if (!expected.includes(state as State) || (state !== "gone" && seen.id !== content.id)) {
        this.#violated(`${content.id} is ${seen.state} (${seen.id ?? "none"}), and should be ${expected.join(" or ")}`);
      }
    }
    await system.quiet();
  }
}
