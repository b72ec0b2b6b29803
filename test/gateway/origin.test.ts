import { expect, it } from "vitest";
import { LarderError } from "../../src/client/index.ts";
import { at } from "../../src/gateway/origin.ts";
import { parseOrigin } from "../../src/gateway/origin-url.ts";

it.each([
  ["https://a.example", "http://127.0.0.1:8787/p?q=1", "https://a.example/p?q=1"],
  ["https://a.example:8443", "http://127.0.0.1:8787/p", "https://a.example:8443/p"],
  ["http://127.0.0.1:3000", "https://shop.example//evil.example/p", "http://127.0.0.1:3000//evil.example/p"],
  ["http://127.0.0.1:3000", "https://shop.example/%2e%2e/a%20b;c?", "http://127.0.0.1:3000/a%20b;c?"],
])("at the origin %s, %s is %s", (origin, asked, expected) => {
  expect(at(parseOrigin(origin), new URL(asked)).href).toBe(expected);
});

it.each(["a.example", "ftp://a.example", "https://a.example/path", "https://a.example?x", "https://u@a.example", ""])(
  "%j is no origin",
  (text) => {
    expect(() => parseOrigin(text)).toThrow(LarderError);
  },
);
