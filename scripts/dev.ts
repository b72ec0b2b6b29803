import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * `wrangler dev` for the coordinator, with caching off unless `--cache` is given: whoever works on a site wants to see
 * what was changed. All other arguments are wrangler's.
 */
const wrangler = fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const given = process.argv.slice(2);
const rest = given.filter((argument) => argument !== "--cache");
const caching = given.includes("--cache") ? [] : ["--var", "LARDER_CACHING:off"];
if (caching.length > 0) console.log("Caching is off; npm run dev -- --cache turns it on.");

const child = spawn(process.execPath, [wrangler, "dev", ...caching, ...rest], { stdio: "inherit" });
// The terminal sends its signals to both; those sent to this process alone go on to where the work is.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 0;
});
