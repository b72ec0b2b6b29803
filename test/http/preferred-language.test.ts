import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { preferredLanguage } from "../../src/http/preferred-language.ts";

describe("the preferred language", () => {
  const available = ["en", "de", "pt-BR"];

  test.each([
    ["de-CH, de;q=0.9, en;q=0.8", "de"],
    ["fr, de;q=0.5", "de"],
    ["pt-br", "pt-BR"],
    ["PT", "pt-BR"],
    ["en;q=0.1, de;q=0.2", "de"],
    ["en;q=0, *", "de"],
    ["fr", "en"],
    ["*", "en"],
    ["", "en"],
    [",;=,q", "en"],
  ])("of Accept-Language: %j is %s", (text, language) => {
    expect(preferredLanguage(new Headers({ "accept-language": text }), available)).toBe(language);
  });

  test("is the first where the request does not say, and where there is but one", () => {
    expect(preferredLanguage(new Headers(), available)).toBe("en");
    expect(preferredLanguage(new Headers({ "accept-language": "fr" }), ["ja"])).toBe("ja");
  });

  test("is one of those available, whatever is sent", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~\t]*$/), (text) => {
        expect(available).toContain(preferredLanguage(new Headers({ "accept-language": text }), available));
      }),
    );
  });
});
