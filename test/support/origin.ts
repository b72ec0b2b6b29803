import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import type { Demand } from "../../schema/rpc.ts";
import type { Isolate, World } from "./world.ts";

/** What a test asks of an origin: a request, and what its answer is stored with. */
export interface Asking {
  readonly demand?: Demand;
  readonly store?: Partial<StoreOptions>;
}

/** One request that has reached the origin. */
export class Asked {
  readonly request: Request;
  readonly conditions: Headers | undefined;
  readonly #answer = Promise.withResolvers<Response>();

  constructor(request: Request, conditions: Headers | undefined) {
    this.request = request;
    this.conditions = conditions;
  }

  get answered(): Promise<Response> {
    return this.#answer.promise;
  }

  answer(response: Response | string): void {
    this.#answer.resolve(typeof response === "string" ? new Response(response) : response);
  }

  fail(message: string): void {
    this.#answer.reject(new Error(message));
  }
}

/** An origin that counts who asks it, and keeps them waiting until the test answers, unless it is told how to answer. */
export class Origin {
  readonly asked: Asked[] = [];
  /** How it answers by itself; given how many have asked before. */
  byItself: ((asked: Asked, before: number) => Response | string | Promise<Response | string>) | undefined;

  /** One caller's request through the cache. */
  get(isolate: Isolate, config: CacheConfig, url: string | Request, asking: Asking = {}): Promise<Response> {
    const request = new Request(url);
    const source = {
      load: (conditions?: Headers) => this.load(request, conditions),
      storeOptions: () => ({ tags: [], ...asking.store }),
    };
    return isolate.readThrough.answer(config, request, source, asking.demand);
  }

  async load(request: Request, conditions?: Headers): Promise<Response> {
    const asked = new Asked(request, conditions);
    const before = this.asked.push(asked) - 1;
    const own = await this.byItself?.(asked, before);
    if (own !== undefined) asked.answer(own);
    return asked.answered;
  }

  /** The request that is the `nth` to reach it, as soon as it does. */
  async nth(nth: number): Promise<Asked> {
    await until(() => this.asked.length >= nth);
    return this.asked[nth - 1] as Asked;
  }
}

/** Waits, for no time of its own, until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** What callers got: bodies, or what their errors say. */
export async function bodies(answers: readonly Promise<Response>[]): Promise<string[]> {
  return Promise.all(
    answers.map((answer) =>
      answer.then((response) => response.text()).catch((error: unknown) => `error: ${(error as Error).message}`),
    ),
  );
}

/** How often an isolate has called a method of the object. */
export function callsOf(isolates: readonly Isolate[], method: string): number {
  return isolates.flatMap(({ link }) => link.calls).filter((name) => name === method).length;
}

/** Waits until these isolates have asked for their turn so many times, and the object has heard all of it. */
export async function attached(world: World, isolates: readonly Isolate[], times: number): Promise<void> {
  await until(() => callsOf(isolates, "acquire") >= times);
  // A call that is made later and has come back: those before it have arrived.
  const observer = await world.isolate("observatory");
  await observer.edge.stats(world.config());
}

/** A body that the test feeds. */
export class Feed {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly body: ReadableStream<Uint8Array>;
  cancelled = false;
  /** Whether all that was written has been read, and more was asked for. */
  wanted = false;

  constructor() {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
      },
      pull: () => {
        this.wanted = true;
      },
      cancel: () => {
        this.cancelled = true;
      },
    });
    this.#controller = own as unknown as ReadableStreamDefaultController<Uint8Array>;
  }

  write(text: string): void {
    this.wanted = false;
    this.#controller.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.#controller.close();
  }

  break(message: string): void {
    this.#controller.error(new Error(message));
  }
}
