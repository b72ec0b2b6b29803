import { describe, expect, it } from "vitest";
import type { NormalUrl } from "../../schema/key.ts";
import { DataCentre } from "../../src/edge/data-centre.ts";
import { freshUrl } from "../support/fresh.ts";

const url = freshUrl("/page") as NormalUrl;

/** A cache that holds one response, and keeps whoever puts another waiting until it is told. */
class OneResponse {
  stored: Response | undefined;
  readonly puts: PromiseWithResolvers<void>[] = [];

  async match(): Promise<Response | undefined> {
    return this.stored?.clone();
  }

  async put(_: string, response: Response): Promise<void> {
    const put = Promise.withResolvers<void>();
    this.puts.push(put);
    await put.promise;
    this.stored = response;
  }

  get open(): () => Cache {
    return () => this as unknown as Cache;
  }
}

describe("a data centre's id", () => {
  it("is what lies in its cache, for every isolate that reads it", async () => {
    const cache = new OneResponse();
    const asking = new DataCentre(cache.open).id({ url });
    await expect.poll(() => cache.puts.length).toBe(1);
    cache.puts[0]?.resolve();
    const id = await asking;
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(await new DataCentre(cache.open).id({ url })).toBe(id);
    expect(cache.puts).toHaveLength(1);
  });

  it("is one for all who ask at once in an isolate, though each has made one up", async () => {
    const cache = new OneResponse();
    const dataCentre = new DataCentre(cache.open);
    const first = dataCentre.id({ url });
    const second = dataCentre.id({ url });
    await expect.poll(() => cache.puts.length).toBe(2);
    cache.puts[0]?.resolve();
    const id = await first;
    cache.puts[1]?.resolve();
    expect(await second).toBe(id);
    expect(await dataCentre.id({ url })).toBe(id);
  });

  it("is asked for under the host of the key it is needed for", async () => {
    const asked: string[] = [];
    const cache = { match: async (key: string) => void asked.push(key), put: async () => undefined };
    await new DataCentre(() => cache as unknown as Cache).id({ url });
    expect(new Set(asked)).toEqual(new Set([new URL("/?larder=larder", url).href]));
  });
});
