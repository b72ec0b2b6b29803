import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { Key, NormalUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { freshUrl } from "../support/fresh.ts";
import { AMS } from "../support/site.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const page = fc.constantFrom(0, 1);
const site = fc.constantFrom("here", "there");
const theme = fc.constantFrom("dark", "light");

/** What may happen between two explanations. */
const step = fc.oneof(
  fc.record({
    do: fc.constant("store" as const),
    page,
    site,
    theme,
    says: fc.constantFrom("nothing", "varies", "validator", "cookie"),
    tag: fc.constantFrom("t", "u"),
    permanent: fc.boolean(),
  }),
  fc.record({ do: fc.constant("purge" as const), site, tag: fc.constantFrom("t", "u"), soft: fc.boolean() }),
  fc.record({ do: fc.constant("revoke" as const), site, seq: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ do: fc.constant("invalidate" as const), site, page }),
  fc.record({ do: fc.constant("lease" as const), page }),
  fc.record({ do: fc.constant("advance" as const), seconds: fc.constantFrom(1, 3, 8, 20, 60) }),
  fc.record({ do: fc.constant("link" as const), site, state: fc.constantFrom("up" as const, "down" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const asked = fc.record({
  site,
  page,
  theme,
  says: fc.constantFrom("", "", "no-cache", "max-stale=30", "max-age=4"),
  method: fc.constantFrom("GET", "GET", "HEAD", "POST"),
});

const declarations = [
  { ttlSeconds: 10, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20, revalidateSeconds: 40 },
  { ttlSeconds: 10, whenViewExpired: "serve", vary: ["x-theme"] },
  { ttlSeconds: 10, whenUnreachable: "bypass", staleWhileRevalidateSeconds: 30 },
] as const;

class Program {
  readonly #world = new World();
  readonly #pages = [freshUrl("/a"), freshUrl("/b")];
  readonly #config: CacheConfig;
  readonly #isolates = new Map<string, Isolate>();
  readonly #keys = new Set<Key>();
  #lookups = 0;

  constructor(declaration: (typeof declarations)[number]) {
    const { vary, ...rest } = { vary: [], ...declaration };
    this.#config = this.#world.config({ ...rest, vary: [...vary] });
  }

  async #at(name: string): Promise<Isolate> {
    const isolate = this.#isolates.get(name) ?? (await this.#world.isolate(name));
    this.#isolates.set(name, isolate);
    return isolate;
  }

  #request(at: number, by: string, init: RequestInit = {}): Request {
    return new Request(this.#pages[at] ?? "", { ...init, headers: { "x-theme": by, ...init.headers } });
  }

  async take(one: Step): Promise<void> {
    await this.#do(one).catch((error: unknown) => {
      // There may be no such purge, or no way to the object.
      const isNone = ["not-found", "not-revocable"].some((code) => asLarderError(error)?.code === code);
      if (!isNone && !String(error).includes("Network connection lost")) throw error;
    });
    await this.#world.surroundings.settle();
  }

  async #do(one: Step): Promise<void> {
    switch (one.do) {
      case "store": {
        const { edge } = await this.#at(one.site);
        const fields: Record<string, Record<string, string>> = {
          varies: { vary: "x-theme" },
          validator: { etag: '"1"' },
          cookie: { "set-cookie": "id=1" },
        };
        const response = new Response(crypto.randomUUID(), { headers: fields[one.says] ?? {} });
        const tags = { tags: [one.tag as Tag], ...(one.permanent ? { permanent: true as const } : {}) };
        await edge.store(this.#config, this.#request(one.page, one.theme), response, tags);
        return;
      }
      case "purge": {
        const how = one.soft ? { soft: true as const } : {};
        await (await this.#at(one.site)).edge.purge(this.#config, { tags: [one.tag], ...how });
        return;
      }
      case "revoke":
        await (await this.#at(one.site)).edge.revoke(this.#config, one.seq);
        return;
      case "invalidate":
        await (await this.#at(one.site)).edge.invalidate(this.#config, {
          urls: [this.#pages[one.page] ?? ""],
          tags: [],
        });
        return;
      case "lease": {
        const { edge, link } = await this.#at("here");
        const { key } = await edge.explain(this.#config, this.#request(one.page, "dark"));
        const place: Place = { key: key as Key, url: this.#pages[one.page] as NormalUrl, cache: "pages" as CacheName };
        const ask = { place, dataCentre: AMS, have: "nothing" as const, waitMs: 0, leaseMs: 5_000, maxWaiters: 10 };
        const turn = await link.rpc.acquire({}, ask);
        if (turn.kind === "shield") await turn.response.body?.cancel();
        return;
      }
      case "advance":
        this.#world.surroundings.advance(one.seconds);
        return;
      case "link":
        (await this.#at(one.site)).link.state = one.state;
    }
  }

  /** Everything there is: the object's storage, its alarm, and both data centres' caches. */
  async #everything() {
    const inObject = await runInDurableObject(
      env.NAMESPACES.getByName(this.#world.namespace),
      async (_, { storage }) => {
        const tables = storage.sql.exec<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
        );
        // That the namespace has been noted in the directory comes behind the first thing that was stored or purged.
        storage.sql.exec("DELETE FROM meta WHERE name = 'enlisted'");
        const rows = tables.toArray().map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]);
        return { rows, alarm: await storage.getAlarm() };
      },
    );
    const names = [...this.#isolates.keys()].sort();
    const inCaches = names.map(async (name) => {
      const cache = await caches.open(`${this.#world.namespace}:${name}`);
      return Promise.all(
        [...this.#keys].map(async (key) => {
          const found = await cache.match(key);
          return found === undefined ? key : [key, [...found.headers], await found.text()];
        }),
      );
    });
    return JSON.stringify([inObject, await Promise.all(inCaches)]);
  }

  /** Asks, and checks that nothing has come of that but an answer, and that the answer comes true. */
  async ask({
    site: at,
    page: on,
    theme: by,
    says,
    method,
  }: typeof asked extends fc.Arbitrary<infer One> ? One : never) {
    const isolate = await this.#at(at);
    const headers = says === "" ? {} : { "cache-control": says };
    const request = this.#request(on, by, { method, headers });
    const { key } = await isolate.edge.explain(this.#config, request);
    if (key !== null) this.#keys.add(key);
    const before = await this.#everything();
    isolate.link.calls.length = 0;
    const { outcome, ...told } = await isolate.edge.explain(this.#config, request);
    expect(isolate.link.calls.every((call) => call === "explain")).toBe(true);
    expect(await this.#everything()).toBe(before);
    const found = await isolate.edge.lookup(this.#config, request);
    this.#lookups += 1;
    if (found.outcome === "hit") await found.response.body?.cancel();
    const came =
      found.outcome === "miss" ? `miss ${found.reason}` : found.state === "fresh" ? "hit" : ("stale" as const);
    expect("reason" in told ? `${outcome} ${told.reason}` : outcome).toBe(came);
    await this.#world.surroundings.settle();
  }

  /** Each look-up has counted once, and nothing else has. */
  async end(): Promise<void> {
    for (const { link } of this.#isolates.values()) link.state = "up";
    let counted = 0;
    for (const { edge } of this.#isolates.values()) {
      // The first carries what could not be handed over before, the second what has been counted since.
      await edge.stats(this.#config);
      counted = (await edge.stats(this.#config)).requests;
    }
    expect(counted).toBe(this.#lookups);
  }
}

test("an explanation changes nothing, and a look-up that follows comes to just what it says", async () => {
  const steps = fc.array(fc.tuple(step, asked), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...declarations), steps, async (declaration, list) => {
      const program = new Program(declaration);
      for (const [one, question] of list) {
        await program.take(one);
        await program.ask(question);
      }
      await program.end();
    }),
    { numRuns: 60 },
  );
}, 60_000);
