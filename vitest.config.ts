import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/**
 * Two projects: `runtime` runs inside workerd, with the real Durable Object and its real SQLite; `node` drives built
 * and running things from outside, over HTTP.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./test/support/wrangler.toml" },
            miniflare: { cf: false },
          }),
        ],
        test: { name: "runtime", include: ["test/**/*.test.ts"], exclude: ["test/node/**"] },
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
    ],
  },
});
