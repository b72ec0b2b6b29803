import { expect, it } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { World } from "../support/world.ts";

it("what is stored encoded is for each client as it accepts, so its URL alone is not enough to ask by", async () => {
  const world = new World();
  const config = world.config();
  const { edge } = await world.isolate();
  const url = freshUrl();
  const page = new Response("plain", { headers: { "content-encoding": "gzip", etag: '"a"' } });
  expect(await edge.store(config, new Request(url), page, { tags: [] })).toMatchObject({ stored: true });
  const told = async (headers: HeadersInit) => {
    const found = await edge.lookup(config, new Request(url, { headers }));
    if (found.outcome === "miss") throw new Error("it is stored");
    const { headers: fields } = found.response;
    return [fields.get("content-encoding"), fields.get("etag"), await found.response.text()];
  };
  expect(await told({})).toEqual([null, 'W/"a"', "plain"]);
  expect(await told({ "accept-encoding": "br, gzip" })).toEqual(["gzip", '"a"', "plain"]);
  expect(await edge.lookupUrl(config, url)).toBeUndefined();
});
