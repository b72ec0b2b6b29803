import { spawn } from "node:child_process";
import { once } from "node:events";
import { freeBasePort, isFree } from "../../test/node/support/ports.ts";
import { descendants, running } from "../../test/node/support/processes.ts";
import { until } from "../../test/node/support/until.ts";

// node scripts/ci/example.ts STATE: what a person does after `npm ci`, with a line `ok …` for every step that went well.
const [state = ""] = process.argv.slice(2);

setTimeout(() => {
  console.error("the example took more than five minutes");
  process.exit(1);
}, 300_000).unref();

const base = await freeBasePort();
const npm = spawn("npm", ["start", "--", "--port", String(base), "--state", state, "--fresh"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(npm, "close");
let printed = "";
npm.stdout.setEncoding("utf8").on("data", (text: string) => {
  printed += text;
});

try {
  const app = await until(
    "npm start is ready",
    async () => {
      if (npm.exitCode !== null) throw new Error(`npm start ended: ${printed}`);
      return /^ready \S+ (\S+)$/m.exec(printed)?.[1];
    },
    120_000,
  );
  console.log("ok npm start prints its ready line");

  const first = await view(`${app}/products/1`);
  console.log(`ok a page is served, in ${first.tookMs} ms`);

  // A response is stored behind the answer, so the very next request may still come too early.
  const second = await until("the page is cached", async () => {
    const again = await view(`${app}/products/1`);
    return again.isHit && again;
  });
  if (second.text !== first.text) throw new Error("the cached page is another one");
  console.log(`ok the same page is served from the cache, in ${second.tookMs} ms`);

  const tree = [npm.pid ?? 0, ...(await descendants(npm.pid ?? 0))];
  npm.kill("SIGTERM");
  const [code] = await ended;
  if (code !== 0) throw new Error(`npm start ended with ${code}`);
  await until("its processes are gone", async () => (await running(tree)).length === 0);
  for (const port of [base, base + 1, base + 2]) {
    if (!(await isFree(port))) throw new Error(`port ${port} is still taken`);
  }
  console.log("ok SIGTERM ends it, and leaves no process and no port behind");
} finally {
  npm.kill("SIGTERM");
}

async function view(url: string) {
  const startedMs = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  const isHit = /;\s*hit\b/.test(response.headers.get("Cache-Status") ?? "");
  return { text, isHit, tookMs: Math.round(performance.now() - startedMs) };
}
