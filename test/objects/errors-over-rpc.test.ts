import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { asLarderError, LarderError } from "../../schema/errors.ts";
import type { CoordinatorRpc } from "../../schema/rpc.ts";
import { freshNamespace } from "../support/fresh.ts";
import { freshObject, pointOf, purge, statsOf, stubOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const bindings = env as unknown as { LARDER: CoordinatorRpc; LARDER_STOREFRONT_ONLY: CoordinatorRpc };

async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe.each<[string, () => Promise<unknown>]>([
  ["the object", () => purge(freshObject().object, { tags: ["fine", "t".repeat(1025)] })],
  ["the service binding", () => bindings.LARDER.purge(freshNamespace(), {}, { tags: ["fine", "t".repeat(1025)] })],
])("what %s throws", (_, call) => {
  test("arrives without its class, but with its own properties", async () => {
    const thrown = await thrownBy(call());
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown).not.toBeInstanceOf(LarderError);
    expect(thrown).toMatchObject({ name: "LarderError", code: "invalid-input", field: "tags[1]", limit: 1024 });
    expect(thrown).toHaveProperty("message", expect.stringMatching(/^tags\[1\]: must be at most 1024 characters/));
  });

  test("is revived as it was", async () => {
    const error = asLarderError(await thrownBy(call()));
    expect(error).toBeInstanceOf(LarderError);
    expect(error).toMatchObject({ code: "invalid-input", field: "tags[1]", limit: 1024 });
    expect(error?.message).toMatch(/^tags\[1\]: must be at most 1024 characters \(got "t+…"\)$/);
  });
});

describe("the coordinator's service binding", () => {
  test("reaches the object of the namespace it names, and no other", async () => {
    const { namespace, object } = freshObject();
    const reply = await bindings.LARDER.purge(namespace, { since: null }, { everything: true });
    expect(reply).toMatchObject({ purged: 0, log: { head: 1 }, version: `${(await pointOf(object)).epoch}-1` });
    expect((await bindings.LARDER.stats(namespace, {}, {})).stats).toEqual(await statsOf(object));
    expect((await bindings.LARDER.sync(freshNamespace(), {})).log.head).toBe(0);
  });

  test.each([
    ["larder", undefined],
    ["", 1],
    ["n".repeat(129), 128],
    ["a/b", undefined],
    ["a b", undefined],
  ])("refuses the namespace %j", async (namespace, limit) => {
    for (const call of [
      bindings.LARDER.sync(namespace, {}),
      bindings.LARDER.purge(namespace, {}, { everything: true }),
      bindings.LARDER.stats(namespace, {}, {}),
      bindings.LARDER.remove(namespace, {}, "pages", "k"),
      bindings.LARDER.revoke(namespace, {}, 1),
      bindings.LARDER.history(namespace, {}, {}),
      bindings.LARDER.judge(namespace, {}, {} as never),
      bindings.LARDER.invalidate(namespace, {}, { cache: "pages", urls: [], tags: [] }),
      bindings.LARDER.cacheStats(JSON.stringify({ name: "pages", namespace }), {}),
    ]) {
      expect(await refusalOf(call)).toMatchObject({
        code: "invalid-input",
        field: "namespace",
        ...(limit === undefined ? {} : { limit }),
      });
    }
  });

  test("names the field of a declaration it refuses", async () => {
    const call = bindings.LARDER.cacheStats(JSON.stringify({ name: "pages", rules: [{ ttlSeconds: -1 }] }), {});
    expect(await refusalOf(call)).toMatchObject({ code: "invalid-input", field: "rules[0].ttlSeconds", limit: 0 });
  });
});

describe("a binding that is fixed to one namespace", () => {
  const bound = bindings.LARDER_STOREFRONT_ONLY;

  test("may use that one", async () => {
    const { purged } = await bound.purge("storefront", {}, { tags: ["product:1"] });
    expect(purged).toBe(0);
    expect((await bound.cacheStats(JSON.stringify({ name: "pages", namespace: "storefront" }), {})).entries).toBe(0);
  });

  test("is refused every other, by every call, and nothing happens there", async () => {
    const { namespace, object } = freshObject();
    const options = JSON.stringify({ name: "pages", namespace });
    const request = new Request("https://a.example/");
    const calls = [
      bound.sync(namespace, {}),
      bound.complete(namespace, {}, {} as never),
      bound.purge(namespace, {}, { everything: true }),
      bound.remove(namespace, {}, "pages", "k"),
      bound.revoke(namespace, {}, 1),
      bound.history(namespace, {}, {}),
      bound.judge(namespace, {}, {} as never),
      bound.invalidate(namespace, {}, { cache: "pages", urls: ["https://a.example/"], tags: [] }),
      bound.stats(namespace, {}, {}),
      bound.explain(namespace, {}, {} as never, null),
      bound.cacheLookup(options, request),
      bound.cacheStore(options, request, new Response("x"), { tags: [] }),
      bound.cacheRemove(options, request),
      bound.cachePurge(options, { everything: true }),
      bound.cacheRevoke(options, 1),
      bound.cacheHistory(options, {}),
      bound.cacheInvalidate(options, { urls: ["https://a.example/"], tags: [] }),
      bound.cacheStats(options, {}),
      bound.cacheExplain(options, request, {}),
    ];
    for (const call of calls) {
      expect(await refusalOf(call)).toMatchObject({ code: "forbidden", field: "namespace" });
    }
    expect(await pointOf(object)).toMatchObject({ seq: 0 });
  });

  test.each(["default", "larder", "Storefront", "storefront ", ""])("is refused %j", async (namespace) => {
    expect(await refusalOf(bound.sync(namespace, {}))).toMatchObject({ code: "forbidden" });
  });

  test("is refused the default namespace when a declaration names none", async () => {
    expect(await refusalOf(bound.cacheStats(JSON.stringify({ name: "pages" }), {}))).toMatchObject({
      code: "forbidden",
    });
  });
});

test("an object keeps answering after it has refused", async () => {
  const { namespace, object } = freshObject();
  for (let at = 0; at < 5; at += 1) await refusalOf(purge(object, { tags: [] }));
  expect((await stubOf(namespace).sync({})).log.head).toBe(0);
});
