import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { freeBasePort } from "./support/ports.ts";
import { startSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm run dev` says of an answer that a cache may keep. */
async function statusUnder(...args: string[]): Promise<string | null> {
  await using site = await startSite();
  const port = await freeBasePort();
  const child = spawn(
    process.execPath,
    ["scripts/dev.ts", ...args, "--port", String(port), "--inspector-port", "0", "--var", `ORIGIN:${site.url}`],
    { cwd: root, stdio: "ignore" },
  );
  const ended = once(child, "exit");
  try {
    const answer = await until(
      "an answer",
      () => fetch(`http://127.0.0.1:${port}/about`).catch(() => undefined),
      60_000,
    );
    expect(await answer.text()).toContain("About");
    return answer.headers.get("larder-caching-status");
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

it("keeps nothing unless it is told to, so that what was changed is seen", { timeout: 120_000 }, async () => {
  expect(await statusUnder()).toBe("disabled");
  expect(await statusUnder("--cache")).toBe("ok");
});
