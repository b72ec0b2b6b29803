import fc from "fast-check";
import { expect, test } from "vitest";
import { userAgentOf } from "../../src/http/user-agent.ts";
import { userAgents } from "./user-agents.ts";

test.each(userAgents)("$what is known", ({ text, is }) => {
  const { device, vendor, browser, isBot } = userAgentOf(text);
  expect([device, vendor, browser, isBot]).toEqual(is);
});

test("a request without a User-Agent is a desktop's, and no robot's", () => {
  const unknown = { device: "desktop", vendor: "generic", browser: "generic", isBot: "0" };
  expect(userAgentOf(null)).toEqual(unknown);
  expect(userAgentOf("")).toEqual(unknown);
});

const anyOf = {
  device: ["smartphone", "tablet", "mobile", "desktop"],
  vendor: ["apple", "android", "generic"],
  browser: ["chrome", "safari", "firefox", "opera", "edge", "msie", "samsung", "generic"],
  isBot: ["1", "0"],
};

function expectKnownValues(text: string) {
  const found = userAgentOf(text);
  for (const [name, values] of Object.entries(anyOf)) expect(values).toContain(found[name as keyof typeof found]);
}

test.each([
  "constructor/1.0",
  "__proto__/1.0 toString/2",
  "hasOwnProperty",
  " ",
  "/",
  "(",
  ")".repeat(600),
  "\u0000\u0001\u00ff".repeat(300),
  "Mozilla/5.0 (Macintosh; Intel Mac OS X)",
  "Mozilla/5.0 (Windows Phone OS)",
  "Android ".repeat(1000),
  "bot".repeat(1000),
  `Mozilla/5.0 (${" ".repeat(100_000)}`,
  "Version/".repeat(150_000),
])("a User-Agent made to do harm is told apart no further than any other: %#", expectKnownValues);

test("whatever is sent has one of the known values, and the same one each time", () => {
  const words = [
    "Mozilla/5.0",
    "(iPhone;",
    "Android 9;",
    "Mobile",
    "bot",
    "cubot",
    "Tablet",
    "TV",
    "like",
    "Mac OS X)",
  ];
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 700 }),
    fc
      .array(fc.constantFrom(...words, ...userAgents.map(({ text }) => text.slice(0, 80))), { maxLength: 12 })
      .map((some) => some.join(" ")),
  );
  fc.assert(
    fc.property(text, (userAgent) => {
      expectKnownValues(userAgent);
      expect(userAgentOf(userAgent)).toEqual(userAgentOf(userAgent));
    }),
  );
});

test("only the first 512 characters count", () => {
  const start = "Mozilla/5.0 (X11; Linux x86_64) ".padEnd(512, "x");
  expect(userAgentOf(`${start} Googlebot/2.1`)).toEqual(userAgentOf(start));
  expect(userAgentOf(`${start.slice(0, 480)} Googlebot/2.1`).isBot).toBe("1");
});

test("more User-Agents than are remembered are still told apart", () => {
  for (let version = 0; version < 1200; version += 1) userAgentOf(`Some/${version}`);
  for (const { text, is } of userAgents) expect(userAgentOf(text).device).toBe(is[0]);
});
