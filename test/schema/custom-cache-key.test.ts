import { describe, expect, test } from "vitest";
import { CustomCacheKey } from "../../schema/custom-cache-key.ts";
import { refusal } from "../support/refusal.ts";

describe("a custom cache key", () => {
  test("is a key policy, whatever was added in whatever order", () => {
    const key = new CustomCacheKey()
      .addDevice()
      .excludeQueryParameters("utm_source", "utm_medium")
      .addHeader("X-Shop")
      .addCookie("currency", (groups) => {
        groups.group("eu").byPattern(/^(eur|gbp)$/i);
        groups.group("na").byPattern("usd|cad").byPattern(/mxn/);
      })
      .addHeader("Accept-Language", (groups) => groups.group("german").byPattern(/^de/))
      .addVendor()
      .addBrowser()
      .addIsBot()
      .addCountry()
      .excludeQueryParameters("gclid", "utm_source")
      .addSplit("checkout", { old: 95, new: 5 });
    expect(JSON.parse(JSON.stringify(key))).toEqual({
      query: { exclude: ["utm_source", "utm_medium", "gclid"] },
      headers: [{ name: "x-shop" }, { name: "accept-language", groups: [{ name: "german", pattern: "^de" }] }],
      cookies: [
        {
          name: "currency",
          groups: [
            { name: "eu", pattern: "^(eur|gbp)$", ignoreCase: true },
            { name: "na", pattern: "usd|cad" },
            { name: "na", pattern: "mxn" },
          ],
        },
      ],
      device: true,
      vendor: true,
      browser: true,
      isBot: true,
      country: true,
      splits: [{ name: "checkout", shares: { old: 95, new: 5 } }],
    });
  });

  test("of nothing is a policy of nothing", () => {
    expect(new CustomCacheKey().toJSON()).toEqual({});
  });

  test("keeps all parameters, none, or some", () => {
    expect(new CustomCacheKey().excludeAllQueryParameters().toJSON()).toEqual({ query: { only: [] } });
    expect(new CustomCacheKey().excludeAllQueryParametersExcept("q", "page", "q").toJSON()).toEqual({
      query: { only: ["q", "page"] },
    });
  });

  test.each([
    ["excludes some, then all", () => new CustomCacheKey().excludeQueryParameters("a").excludeAllQueryParameters()],
    ["excludes all, then some", () => new CustomCacheKey().excludeAllQueryParameters().excludeQueryParameters("a")],
    [
      "keeps some, then others",
      () => new CustomCacheKey().excludeAllQueryParametersExcept("a").excludeAllQueryParametersExcept("b"),
    ],
  ])("that %s is refused", (_what, make) => {
    expect(refusal(make)).toMatchObject({
      code: "invalid-input",
      field: "query",
      message: expect.stringContaining("either exclude some parameters, or all, or all except some"),
    });
  });

  test.each(["g", "gi", "m", "s", "u", "v", "y"])("a pattern with the flags %j is refused", (flags) => {
    const key = new CustomCacheKey().addCookie("other");
    const add = () =>
      key.addCookie("currency", (groups) => {
        groups.group("eu").byPattern(/eur/);
        groups.group("na").byPattern(new RegExp("usd", flags));
      });
    expect(refusal(add)).toMatchObject({
      code: "invalid-input",
      field: "cookies[1].groups[1].pattern",
      message: expect.stringContaining(`can have no flag but "i" (got "${flags.replace("i", "")}")`),
    });
  });

  test("names what of it no policy can hold", () => {
    const withoutPattern = new CustomCacheKey().addHeader("x-shop", (groups) => void groups.group("a"));
    expect(refusal(() => withoutPattern.toJSON())).toMatchObject({ field: "headers[0].groups[0].pattern" });
    const wrongPattern = new CustomCacheKey().addHeader("x-shop", (groups) => void groups.group("a").byPattern("("));
    expect(refusal(() => wrongPattern.toJSON())).toMatchObject({ field: "headers[0].groups[0].pattern" });
    const withoutGroups = new CustomCacheKey().addCookie("c", () => undefined);
    expect(refusal(() => withoutGroups.toJSON())).toMatchObject({ field: "cookies[0].groups" });
    const twice = new CustomCacheKey().addHeader("A").addHeader("a");
    expect(refusal(() => twice.toJSON())).toMatchObject({ field: "headers" });
    const noShare = new CustomCacheKey().addSplit("s", { a: 0 });
    expect(refusal(() => noShare.toJSON())).toMatchObject({ field: "splits[0].shares.a" });
  });
});
