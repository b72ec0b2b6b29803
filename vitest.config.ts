import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/**
 * Three projects: `runtime` runs inside workerd, with the real Durable Object and its real SQLite; `node` drives built
 * and running things from outside, over HTTP; `e2e` drives the dashboard in a real Chromium.
 */
export default defineConfig({
  test: {
    // Much of the time of most tests is waiting: with a core left idle, as is the default, it is not used.
    maxWorkers: "100%",
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./test/support/wrangler.toml" },
            miniflare: { cf: false },
          }),
        ],
        test: { name: "runtime", include: ["test/**/*.test.ts"], exclude: ["test/node/**", "test/e2e/**"] },
      },
      {
        test: {
          name: "node",
          include: ["test/node/**/*.test.ts"],
          globalSetup: "./test/node/support/build.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "./test/node/support/build.ts",
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
