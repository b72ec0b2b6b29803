import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { StoredEntry } from "../../schema/entry.ts";
import type { Lease, Turn } from "../../schema/fills.ts";
import type { Tag } from "../../schema/names.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import { parseVersion } from "../../schema/version.ts";
import { DataCentreCache } from "../../src/store/data-centre-cache.ts";
import { fromTransit } from "../../src/store/stored-form.ts";
import { AMS, GRU, inTransit, NRT, Site } from "../support/site.ts";
import type { Content } from "./model.ts";
import { FRESH_SECONDS, LIFETIME_SECONDS, Model } from "./model.ts";
import type { Step } from "./program.ts";
import { DATA_CENTRES, described, PAGES } from "./program.ts";

const IDS = [AMS, GRU, NRT] as const;
const YEARS_MS = 10 * 365 * 24 * 3_600_000;
/** How far their clocks are off. */
const AHEAD_MS = [0, YEARS_MS, -YEARS_MS] as const;
const LEASE_MS = 30_000;
const PASS_SECONDS = 100;
/** What a caller has that wants to refresh it, in seconds for which it is fresh. */
const STALE_SECONDS = 5;

type Ask = Extract<Step, { do: "ask" }>;
type Answer = Turn & { log: LogSlice };

/** A caller that was told to lead and has not ended its fill. */
interface Leader {
  readonly page: number;
  readonly in: number;
  readonly lease: Lease;
  readonly asOf: { readonly epoch: string; readonly seq: number };
}

/** A copy the shield wants and has not been given. */
interface Copy {
  readonly leader: Leader;
  readonly content: Content;
  readonly entry: StoredEntry;
}

const shield = new DataCentreCache(() => caches.default);

/** Runs one program against a real object, and holds what its callers are told against the model. */
export class Run {
  readonly trace: string[] = [];
  readonly #site = new Site();
  readonly #model = new Model();
  readonly #contents = new Map<string, Content>();
  /** By data centre, but for the home's, and page. */
  readonly #caches = IDS.map(() => new Map<number, Content>());
  readonly #leaders: Leader[] = [];
  readonly #copies: Copy[] = [];
  /** Callers that have not come to an end. */
  #running = 0;
  /** What was told since everything was quiet last: judged once it is so again, when all of the log is known. */
  #told: (() => void)[] = [];
  #isTogether = false;
  #resetting: Promise<void> | undefined;
  #fault: string | undefined;

  /** @throws the first fault */
  async program(steps: readonly Step[]): Promise<void> {
    try {
      for (const step of steps) {
        this.trace.push(described(step));
        this.#isTogether = step.do === "together";
        if (step.do === "ask") await this.#askAlone(step);
        else await Promise.all((step.do === "together" ? step.steps : [step]).map((each) => this.#take(each)));
        await this.#quiet();
      }
      this.#isTogether = false;
      await this.#end();
    } finally {
      vi.clearAllTimers();
    }
  }

  /** Nobody who comes waits for nothing. */
  async #askAlone(ask: Ask): Promise<void> {
    const { transfers } = this.#model;
    const mayWait =
      this.#model.isLed(ask.page, this.#head, this.#nowMs) ||
      (transfers.get(`${ask.in} ${ask.page}`) ?? 0) > this.#nowMs;
    const caller = this.#begin(ask);
    await this.#quiet();
    if (!caller.isOver && !mayWait) throw new Error(`who came to ${PAGES[ask.page]} waits for nothing`);
  }

  #take(step: Step): Promise<void> | void {
    switch (step.do) {
      case "ask":
        this.#begin(step);
        return;
      case "complete":
        return this.#with(this.#leaders, step.which, (leader) => this.#complete(leader, step));
      case "abandon":
        return this.#with(this.#leaders, step.which, (leader) => this.#abandon(leader, step.why));
      case "offer":
        return this.#with(this.#copies, step.which, (copy) => this.#offer(copy));
      case "purge":
        return this.#purge(step);
      case "clock":
        return this.#pass(step.seconds);
      case "reset":
        return this.#reset();
      case "together":
        throw new Error("what is together is taken apart already");
    }
  }

  #with<T>(list: T[], which: number, work: (one: T) => Promise<void>): Promise<void> | void {
    const at = list.length - 1 - (which % Math.max(1, list.length));
    const [one] = list.splice(at, 1);
    return one === undefined ? undefined : work(one);
  }

  get #nowMs(): number {
    return Date.now();
  }

  #note(what: string): void {
    this.trace.push(`    ${what}`);
  }

  #faulty(what: string): void {
    this.trace.push(`    FAULT: ${what}`);
    this.#fault ??= what;
  }

  #place(page: number) {
    return this.#site.place({ url: `${this.#site.url}${PAGES[page]}` });
  }

  #begin(ask: Ask): { readonly isOver: boolean } {
    const caller = { isOver: false };
    this.#running += 1;
    this.#call(ask)
      .catch((error: unknown) => this.#faulty(String(error)))
      .finally(() => {
        this.#running -= 1;
        caller.isOver = true;
      });
    return caller;
  }

  /** A caller, from its first question to its end. */
  async #call(ask: Ask): Promise<void> {
    const freshSeconds = ask.have === "stale" ? STALE_SECONDS : undefined;
    const wish = this.#site.wish(IDS[ask.in] ?? AMS, {
      place: this.#place(ask.page),
      have: ask.have,
      waitMs: ask.waitMs,
      leaseMs: LEASE_MS,
      maxWaiters: ask.maxWaiters,
      ...(freshSeconds === undefined ? {} : { freshSeconds }),
    });
    if (ask.how === "looking" && (await this.#lies(ask, this.#head))) return;
    for (;;) {
      let turn: Answer;
      try {
        turn = await this.#site.object.acquire({}, wish);
      } catch {
        // The object's instance was lost: it asks the next.
        if (ask.fate === "dies") return;
        await this.#resetting;
        continue;
      }
      this.#note(`${DATA_CENTRES[ask.in]} ${PAGES[ask.page]}: ${turn.kind}`);
      const { head } = turn.log;
      if (turn.kind === "lead") return this.#leads(ask, turn, head);
      if (turn.kind === "shield") return this.#receives(ask, turn.response, head);
      this.#judgeWords(ask, turn);
      if (turn.kind === "pass" || turn.kind === "later" || turn.kind === "busy" || ask.fate === "dies") return;
      if (await this.#lies(ask, head)) {
        if (turn.kind === "again" && turn.scout === true) await this.#landed(ask);
        return;
      }
    }
  }

  async #landed({ in: dc, page }: Ask): Promise<void> {
    this.#told.push(() => this.#model.transfers.delete(`${dc} ${page}`));
    await this.#site.object.landed({}, { key: this.#place(page).key, dataCentre: IDS[dc] ?? AMS });
  }

  get #head(): number {
    return this.#model.purges.length;
  }

  /** Whether what the caller asks for lies in its data centre's cache, as far as purges go that it knows of. */
  async #lies({ in: dc, page, have }: Ask, head: number): Promise<boolean> {
    const content = dc === 0 ? await this.#atHome(page) : this.#caches[dc]?.get(page);
    const freshSeconds = have === "stale" ? STALE_SECONDS : undefined;
    return content !== undefined && this.#model.isOfUse(content, head, this.#nowMs, freshSeconds);
  }

  async #atHome(page: number): Promise<Content | undefined> {
    const there = await shield.match(this.#place(page));
    const id = await new Response(there?.body ?? null).text();
    return this.#contents.get(id);
  }

  #leads(ask: Ask, { lease, log, known }: Extract<Answer, { kind: "lead" }>, head: number): Promise<void> | void {
    const { page } = ask;
    const nowMs = this.#nowMs;
    const isTogether = this.#isTogether;
    this.#told.push(() => {
      const model = this.#model;
      if (model.isLed(page, head, nowMs)) this.#faulty(`${PAGES[page]} is led twice`);
      const copy = model.inShield.get(page);
      const isKnown = model.known.get(page);
      const isGiven = (content?: Content) => content !== undefined && model.isOfUse(content, head, nowMs, undefined);
      if (ask.have === "nothing" && !isTogether && isGiven(copy) && isGiven(isKnown)) {
        this.#faulty(`${PAGES[page]} is led, and the shield has ${copy?.id}`);
      }
      model.lead(page, { id: lease.id, asOf: head, untilMs: nowMs + LEASE_MS });
    });
    if (ask.fate === "dies") return;
    const leader = { page, in: ask.in, lease, asOf: { epoch: log.epoch, seq: head } };
    if (known !== true) {
      this.#leaders.push(leader);
      return;
    }
    return this.#lies(ask, head).then((lies) => {
      if (!lies) return void this.#leaders.push(leader);
      return this.#abandon(leader, "not-needed");
    });
  }

  async #receives(ask: Ask, response: Response, head: number): Promise<void> {
    const { page } = ask;
    const nowMs = this.#nowMs;
    const arrived = fromTransit(response, this.#place(page), 0);
    const content = this.#contents.get((await arrived?.response.text()) ?? "");
    if (arrived === undefined || content === undefined) return this.#faulty("what the shield gave is no entry");
    const { entry } = arrived;
    this.#told.push(() => {
      this.#model.transfers.set(`${ask.in} ${page}`, nowMs + 5000);
      const freshSeconds = ask.have === "stale" ? STALE_SECONDS : undefined;
      if (!this.#model.isOfUse(content, head, nowMs, freshSeconds)) this.#faulty(`the shield gave ${content.id}`);
      const ageMs = nowMs - content.storedAtMs;
      if (Math.abs(entry.initialAgeSeconds * 1000 - ageMs) > 1) this.#faulty(`${content.id} came with a wrong age`);
      if (entry.asOf.seq !== content.asOf) this.#faulty(`${content.id} came as of ${entry.asOf.seq}`);
    });
    if (ask.fate !== "lives") return;
    this.#caches[ask.in]?.set(page, content);
    await this.#landed(ask);
  }

  #judgeWords(ask: Ask, turn: Answer): void {
    const { page } = ask;
    const nowMs = this.#nowMs;
    const running = this.#running;
    this.#told.push(() => {
      const { passUntilMs, failures } = this.#model;
      if (turn.kind === "pass" && (passUntilMs.get(page) ?? 0) <= nowMs) this.#faulty(`a pass for ${PAGES[page]}`);
      if (turn.kind === "later" && ask.have === "nothing") this.#faulty("who has nothing was told to try again later");
      if (turn.kind === "later" && (failures.get(page)?.retryAtMs ?? 0) <= nowMs) this.#faulty("nothing has failed");
      if (turn.kind === "busy" && running <= ask.maxWaiters) this.#faulty("there was room to wait");
      if (turn.kind === "varies") this.#faulty("nothing varies here");
    });
  }

  async #complete(leader: Leader, step: Extract<Step, { do: "complete" }>): Promise<void> {
    const model = this.#model;
    const { page, lease, asOf } = leader;
    const { tags } = step;
    const content = { id: `c${this.#contents.size + 1}`, page, tags, asOf: asOf.seq, storedAtMs: this.#nowMs };
    this.#contents.set(content.id, content);
    const bytes = content.id.length;
    const entry = this.#site.entry(asOf, {
      ...this.#place(page),
      tags: [...tags] as Tag[],
      storedAtMs: this.#nowMs + (AHEAD_MS[leader.in] ?? 0),
      staleWhileRevalidateSeconds: LIFETIME_SECONDS - FRESH_SECONDS,
      bytes,
    });
    const before = this.#head;
    const wasHolder = model.isHolder(page, lease.id);
    const held = model.held.get(page);
    if (wasHolder && held !== undefined) held.ending = true;
    if (leader.in === 0) {
      // It takes the place of what lay there, even if it is then found to come too late.
      model.inShield.delete(page);
      await shield.put(entry, new Response(content.id), 1000);
    }
    const report = { tags: [...tags], bytes, freshSeconds: FRESH_SECONDS, lifetimeSeconds: LIFETIME_SECONDS };
    const { outcome, wanted, log } = await this.#site.object.complete(
      {},
      this.#site.report(asOf, { ...report, url: entry.url }),
      {
        lease,
        dataCentre: IDS[leader.in] ?? AMS,
        ...(step.size === "large" ? {} : { shield: { storedAtMs: entry.storedAtMs } }),
      },
    );
    this.#note(`${content.id} as of ${content.asOf}: ${outcome}${wanted ? ", wanted" : ""}`);
    const isTogether = this.#isTogether;
    this.#told.push(() => {
      const possible = [
        ...(!wasHolder || isTogether ? ["lease-lost"] : []),
        ...(wasHolder && !model.isPurged(content, before) ? ["stored"] : []),
        ...(wasHolder && model.isPurged(content, log.head) ? ["purged-during-fill"] : []),
      ];
      // In one step nothing comes in between: the purge that is there was there before.
      if (!possible.includes(outcome)) this.#faulty(`${content.id} is ${outcome}, and may be ${possible.join(" or ")}`);
      if (outcome === "lease-lost") return;
      if (outcome === "stored") model.stored(content);
      const now = model.held.get(page);
      if (!wanted) model.end(page, lease.id);
      else if (now?.id === lease.id) Object.assign(now, { ending: false, untilMs: content.storedAtMs + 5000 });
    });
    if (outcome === "lease-lost") {
      if (leader.in === 0) await shield.takeBack(entry);
      return;
    }
    if (outcome === "stored") this.#caches[leader.in]?.set(page, content);
    if (outcome === "stored" && leader.in === 0) this.#shelved(content);
    if (!wanted) return;
    const copy = { leader, content, entry };
    if (step.copy === "later") this.#copies.push(copy);
    else await this.#offer(copy);
  }

  async #offer({ leader, content, entry }: Copy): Promise<void> {
    const model = this.#model;
    const { page, lease } = leader;
    const held = model.held.get(page);
    const before = this.#head;
    const isKept = held?.id === lease.id;
    if (isKept) held.ending = true;
    const nowMs = this.#nowMs + (AHEAD_MS[leader.in] ?? 0);
    const { key, url, cache } = entry;
    const offer = { place: { key, url, cache }, dataCentre: IDS[leader.in] ?? AMS, lease };
    await this.#site.object.offer({}, offer, inTransit(entry, content.id, nowMs));
    this.#told.push(() => model.end(page, lease.id));
    if (isKept && !model.isPurged(content, before)) this.#shelved(content);
  }

  /** The shield has it now; unless somebody else has put something there at the same time, and taken it back. */
  #shelved(content: Content): void {
    const isTogether = this.#isTogether;
    const { inShield } = this.#model;
    this.#told.push(() => (isTogether ? inShield.delete(content.page) : inShield.set(content.page, content)));
  }

  async #abandon(leader: Leader, why: "failed" | "uncacheable" | "not-needed"): Promise<void> {
    const model = this.#model;
    const { page, lease } = leader;
    const held = model.held.get(page);
    if (held?.id === lease.id || why === "not-needed") {
      if (held !== undefined) held.ending = true;
      if (why === "failed") model.failed(page, this.#nowMs);
      if (why === "uncacheable") model.passUntilMs.set(page, this.#nowMs + PASS_SECONDS * 1000);
    }
    // What was stored before is not given out again.
    if (why === "uncacheable") model.inShield.delete(page);
    await this.#site.object.abandon({}, { lease, why, passSeconds: PASS_SECONDS });
    this.#told.push(() => model.end(page, lease.id));
  }

  async #purge({ what, mode }: Extract<Step, { do: "purge" }>): Promise<void> {
    const request: PurgeRequest = {
      ...(what === "everything"
        ? { everything: true }
        : typeof what === "number"
          ? { url: this.#place(what).url }
          : { tags: [what] }),
      ...(mode === "hard" ? {} : { [mode]: true }),
    };
    const reply = await this.#site.object.purge({}, request, "a test");
    if ("dryRun" in reply) throw new Error("that was a dry run");
    const { seq } = parseVersion(reply.version, "version");
    this.#model.purges.push({ seq, what, mode });
  }

  async #pass(seconds: number): Promise<void> {
    const ticks = seconds > 10 ? [seconds - 5, 1, 1, 1, 1, 1] : Array<number>(seconds).fill(1);
    for (const tick of ticks) {
      await this.#tick(tick);
      await this.#quiet();
    }
  }

  /** Time passes, in the object's own context: it is its timers that go off. */
  async #tick(seconds: number): Promise<void> {
    await runInDurableObject(this.#site.stub, () => {
      vi.advanceTimersByTime(seconds * 1000);
    });
  }

  #reset(): Promise<void> {
    const nowMs = this.#nowMs;
    this.#model.transfers.clear();
    vi.clearAllTimers();
    // That has set the clock back to where it began.
    vi.setSystemTime(nowMs);
    this.#resetting = this.#site.reset();
    return this.#resetting;
  }

  /** Returns once every caller has come to its end, or waits inside the object. */
  async #quiet(): Promise<void> {
    // Whoever waits has a timer of its own, and all together have one more.
    for (let rounds = 0; this.#running > 0 && vi.getTimerCount() !== this.#running + 1; rounds += 1) {
      if (rounds > 500) throw new Error(`${this.#running} callers run on, with ${vi.getTimerCount()} timers`);
      await this.#site.object.sync({});
    }
    const told = this.#told;
    this.#told = [];
    for (const judge of told) judge();
    if (this.#fault !== undefined) throw new Error(this.#fault);
  }

  /** Every leader gives up, and time passes: then nobody waits any more, and nothing is left behind. */
  async #end(): Promise<void> {
    this.trace.push("at the end");
    const callers = this.#running;
    for (let second = 0; this.#running > 0 || this.#leaders.length > 0; second += 1) {
      if (second > LEASE_MS / 1000 + 2 * callers + 10) {
        throw new Error(`${this.#running} callers wait for ever`);
      }
      for (const leader of this.#leaders.splice(0)) await this.#abandon(leader, "failed");
      await this.#tick(1);
      await this.#quiet();
    }
    await this.#tick(1);
    if (vi.getTimerCount() > 0) throw new Error("a timer goes on though nobody waits");
    vi.setSystemTime(this.#nowMs + 24 * 3_600_000);
    await runInDurableObject(this.#site.stub, (instance) => instance.alarm());
    const left = [...(await this.#site.rows("leases")), ...(await this.#site.rows("notes"))];
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  }
}
