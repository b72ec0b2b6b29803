import { env } from "cloudflare:workers";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import type { Surroundings } from "../../src/edge/surroundings.ts";

/** What a network does to the calls of one isolate. The slow ones hold a request, or its reply, until it is delivered. */
export type LinkState = "up" | "down" | "hanging" | "slow-there" | "slow-back";

/** Tells whoever waits that something has happened, so that nobody needs to ask a timer. */
export class Activity {
  count = 0;
  #waiting: (() => void)[] = [];

  touch(): void {
    this.count += 1;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A clock that stands still until it is moved. */
export class ModelClock {
  nowMs: number;
  #waits = new Set<{ readonly dueMs: number; readonly resolve: () => void }>();

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.timer(ms, resolve));
  }

  timer(ms: number, ring: () => void): () => void {
    const wait = { dueMs: this.nowMs + ms, resolve: ring };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  advance(seconds: number): void {
    this.nowMs += seconds * 1000;
    for (const wait of [...this.#waits].filter(({ dueMs }) => dueMs <= this.nowMs)) {
      this.#waits.delete(wait);
      wait.resolve();
    }
  }
}

/** Carries a call out at the object. */
export type Execute = (method: keyof NamespaceRpc, parameters: unknown[]) => Promise<unknown>;

/** What goes on in one isolate, and its link to the object: enough to tell when nothing more will happen by itself. */
export class Traffic {
  state: LinkState = "up";
  /** When calls last did not simply go through. */
  troubledAtMs = Number.NEGATIVE_INFINITY;
  /** Calls held up; taken out, one goes on. */
  readonly held: { readonly method: string; readonly go: () => void; readonly drop: () => void }[] = [];
  /** What is under way and waits neither for the clock nor for an origin. */
  running = 0;
  /** Calls and cache operations that are under way and not held up. */
  io = 0;
  readonly #clock: ModelClock;
  readonly #activity: Activity;
  readonly #execute: Execute;

  constructor(clock: ModelClock, activity: Activity, execute: Execute) {
    this.#clock = clock;
    this.#activity = activity;
    this.#execute = execute;
  }

  get inTrouble(): boolean {
    return this.state !== "up" || this.held.length > 0;
  }

  readonly rpc = new Proxy({} as NamespaceRpc, {
    get:
      (_, method: keyof NamespaceRpc) =>
      (...parameters: unknown[]) =>
        this.tracked(this.#call(method, parameters)),
  });

  readonly surroundings: Surroundings = {
    nowMs: () => this.#clock.nowMs,
    random: () => 0.5,
    // It is the delayed hand-over of counts, which has nothing else to wait for.
    wait: (ms) => this.parked(this.#clock.wait(ms)),
    timer: (ms, ring) => this.#clock.timer(ms, ring),
    waitUntil: (work) => {
      this.tracked(work).catch(() => undefined);
    },
  };

  /** Counts `work` as under way until it has ended. */
  async tracked<T>(work: Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work;
    } finally {
      this.running -= 1;
      this.#activity.touch();
    }
  }

  /** Does not count what waits for `work`, as long as it does. */
  async parked<T>(work: Promise<T>): Promise<T> {
    this.running -= 1;
    this.#activity.touch();
    try {
      return await work;
    } finally {
      this.running += 1;
    }
  }

  async counted<T>(work: Promise<T>): Promise<T> {
    this.io += 1;
    try {
      return await work;
    } finally {
      this.io -= 1;
      this.#activity.touch();
    }
  }

  async #call(method: keyof NamespaceRpc, parameters: unknown[]): Promise<unknown> {
    if (this.state === "down") throw new Error("Network connection lost.");
    if (this.state === "hanging") return this.parked(this.#hold(method)).then(lost);
    if (this.state === "slow-there") await this.parked(this.#hold(method));
    const isReplyHeld = this.state === "slow-back";
    const reply = await this.counted(this.#execute(method, parameters));
    if (isReplyHeld) await this.parked(this.#hold(method));
    return reply;
  }

  #hold(method: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const out = () => this.held.splice(this.held.indexOf(call), 1);
      const call = {
        method,
        go: () => {
          out();
          resolve();
        },
        drop: () => {
          out();
          reject(new Error("Network connection lost."));
        },
      };
      this.held.push(call);
      this.#activity.touch();
    });
  }
}

function lost(): never {
  throw new Error("Network connection lost.");
}

/** Returns once nothing more will happen unless the clock moves, an origin answers or a held call is delivered. */
export async function quiet(activity: Activity, traffics: readonly Traffic[]): Promise<void> {
  for (;;) {
    // What was parked until just now has yet to be counted again.
    for (let hop = 0; hop < 10; hop += 1) await undefined;
    const busy = traffics.filter(({ running }) => running > 0);
    if (busy.length === 0) return;
    if (busy.every(({ held, io }) => held.length > 0 && io === 0)) {
      const { count } = activity;
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
      if (activity.count === count) return;
    } else await inRealTime(activity.next());
  }
}

async function inRealTime(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the model test waits for something that never ends")), 20_000);
  });
  try {
    await Promise.race([work, stuck]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}

/** The real object, called one at a time, so that its history is linear for whoever writes it down. */
export function objectOf(namespace: string): Execute {
  let last: Promise<unknown> = Promise.resolve();
  return (method, parameters) => {
    const stub = env.NAMESPACES.getByName(namespace) as unknown as Record<
      string,
      (...rest: unknown[]) => Promise<unknown>
    >;
    const call = last.then(() => stub[method]?.(...parameters));
    last = call.catch(() => undefined);
    return call;
  };
}
