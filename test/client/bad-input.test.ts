import { describe, expect, it } from "vitest";
import { cache, LarderError } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

/** What a refusal says: its code, the field it names, and the limit. */
async function refusal(work: () => unknown): Promise<unknown[]> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    expect(error.message.startsWith(`${error.field}: `)).toBe(true);
    return [error.code, error.field, ...(error.limit === undefined ? [] : [error.limit])];
  }
  throw new Error("nothing was refused");
}

describe("a declaration", () => {
  // biome-ignore lint/suspicious/noExplicitAny: what is refused here is what the types refuse.
  const declare = (options: any) => refusal(() => cache(options));

  it.each([
    ["without a name", {}, ["name"]],
    ["with an empty name", { name: "" }, ["name", 1]],
    ["with a name that is too long", { name: "n".repeat(129) }, ["name", 128]],
    ["with a namespace that is too long", { name: "n", namespace: "n".repeat(129) }, ["namespace", 128]],
    ["of the reserved namespace", { name: "n", namespace: "larder" }, ["namespace"]],
    ["with an unknown option", { name: "n", ttl: 5 }, ["ttl"]],
    ["with a negative lifetime", { name: "n", ttlSeconds: -1 }, ["ttlSeconds", 0]],
    ["with a fractional lifetime", { name: "n", ttlSeconds: 1.5 }, ["ttlSeconds"]],
    ["with NaN for a lifetime", { name: "n", ttlSeconds: Number.NaN }, ["ttlSeconds"]],
    ["with an endless lifetime", { name: "n", ttlSeconds: Number.POSITIVE_INFINITY }, ["ttlSeconds"]],
    ["with a lifetime over a year", { name: "n", ttlSeconds: 31_536_001 }, ["ttlSeconds", 31_536_000]],
    ["with a bad tag", { name: "n", tags: ["good", "not good"] }, ["tags[1]"]],
    ["with a header that is none", { name: "n", vary: ["accept language"] }, ["vary[0]"]],
    ["with an unknown option in a rule", { name: "n", rules: [{ ttl: 5 }] }, ["rules[0].ttl"]],
    ["with a path that is no pattern", { name: "n", rules: [{}, { path: "/(" }] }, ["rules[1].path"]],
  ])("%s is refused", async (_, options, where) => {
    expect(await declare(options)).toEqual(["invalid-input", ...where]);
  });
});

describe.each(["isolate", "remote"] as const)("a call in mode %s", (mode) => {
  const pages = cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode });
  const put = (options: object) => refusal(() => pages.put(freshUrl(), new Response("x"), options));

  it.each([
    ["a comma", "a,b"],
    ["a space", "a b"],
    ["a control character", "a\u0007"],
    ["a character beyond ASCII", "größe"],
    ["nothing", "", 1],
    ["1,025 characters", "t".repeat(1025), 1024],
  ])("refuses a tag with %s, in put and in purge", async (_, tag, ...limit) => {
    expect(await put({ tags: ["fine", tag] })).toEqual(["invalid-input", "tags[1]", ...limit]);
    expect(await refusal(() => pages.purge({ tags: [tag] }))).toEqual(["invalid-input", "tags[0]", ...limit]);
  });

  it("refuses more tags than an entry may carry", async () => {
    const tags = Array.from({ length: 1001 }, (_, at) => `t${at}`);
    expect(await put({ tags })).toEqual(["invalid-input", "tags", 1000]);
  });

  it("refuses tags that are too long together", async () => {
    const tags = Array.from({ length: 20 }, (_, at) => String(at).padEnd(1000, "x"));
    expect(await put({ tags })).toEqual(["invalid-input", "tags", 16_000]);
  });

  it.each([-1, 1.5, Number.NaN])("refuses a lifetime of %s", async (ttlSeconds) => {
    expect((await put({ ttlSeconds })).slice(0, 2)).toEqual(["invalid-input", "ttlSeconds"]);
  });

  it("refuses options it does not know", async () => {
    expect(await put({ tag: ["x"] })).toEqual(["invalid-input", "tag"]);
    expect(await refusal(() => pages.match(freshUrl(), { fresh: true } as object))).toEqual(["invalid-input", "fresh"]);
    expect(await refusal(() => pages.purge({ tag: "x" } as never))).toEqual(["invalid-input", "tag"]);
    expect(await refusal(() => pages.wrap(freshUrl(), () => new Response("x"), { tags: "x" as never }))).toEqual([
      "invalid-input",
      "tags",
    ]);
  });

  it("refuses a purge that names nothing, or contradicts itself", async () => {
    const refused = async (options: object) => (await refusal(() => pages.purge(options as never))).slice(0, 2);
    expect(await refused({})).toEqual(["invalid-input", "input"]);
    expect(await refused({ everything: true, tags: ["a"] })).toEqual(["invalid-input", "input"]);
    expect(await refused({ tags: ["a"], any: [{ tags: ["b"] }] })).toEqual(["invalid-input", "input"]);
    expect(await refused({ tags: ["a"], soft: true, erase: true })).toEqual(["invalid-input", "input"]);
    expect(await refused({ any: [] })).toEqual(["invalid-input", "any"]);
    expect(await refused({ any: [{ tags: ["a"] }, { tag: "b" }] })).toEqual(["invalid-input", "any[1].tag"]);
    expect(await refused({ tags: ["a"], scope: "everywhere" })).toEqual(["invalid-input", "scope"]);
    expect(await refused({ tags: ["a"], maxEntries: 1.5 })).toEqual(["invalid-input", "maxEntries"]);
    expect(await refused({ tags: ["a"], reason: "r".repeat(501) })).toEqual(["invalid-input", "reason"]);
    const many = Array.from({ length: 1001 }, () => ({ tags: ["a"] }));
    expect(await refusal(() => pages.purge({ any: many }))).toEqual(["invalid-input", "any", 1000]);
  });

  it("refuses to take back what is no purge", async () => {
    expect(await refusal(() => pages.revoke(0))).toEqual(["invalid-input", "purge", 1]);
    expect(await refusal(() => pages.revoke("x" as never))).toEqual(["invalid-input", "purge"]);
    expect(await refusal(() => pages.revoke(99))).toEqual(["not-found", "seq"]);
  });

  it("refuses what is no request", async () => {
    expect(await refusal(() => pages.match("/relative"))).toEqual(["invalid-input", "request"]);
    expect(await refusal(() => pages.put("ftp://a.example/", new Response("x")))).toEqual(["invalid-input", "request"]);
  });

  it("has stored, purged and counted nothing of all that", async () => {
    expect(await pages.stats()).toMatchObject({ puts: 0, purges: 0, entries: 0, hits: 0 });
  });
});
