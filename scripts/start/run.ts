import { randomBytes } from "node:crypto";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { stop as stopEsbuild } from "esbuild";
import { type BundledWorker, bundleWorker } from "./bundle.ts";
import { exampleHints, gatewayHints, type Token } from "./hints.ts";
import type { StartOptions } from "./options.ts";
import { startOrigin } from "./origin.ts";
import { host } from "./ports.ts";
import { untilAnswering } from "./ready.ts";
import { runWorkers } from "./runtime.ts";
import { openState } from "./state.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What runs, until it is disposed of. */
export interface Run extends AsyncDisposable {
  readonly coordinatorUrl: string;
  readonly appUrl: string;
  /** What to try with it, for people. */
  readonly hints: string;
}

/** The coordinator and the example app in one workerd, and the app's origin in this process. */
export async function startExample(options: StartOptions, stop: AbortSignal): Promise<Run> {
  await using started = new AsyncDisposableStack();
  const delayMs = options.originDelayMs;
  const [coordinatorPort, appPort, originPort] = [options.port, options.port + 1, options.port + 2];
  const [coordinatorUrl, appUrl, originUrl] = [url(coordinatorPort), url(appPort), url(originPort)];
  const stateFolder = await openState(options);
  started.use(await startOrigin({ port: originPort, delayMs, file: join(stateFolder, "products.json") }));

  const [coordinator, app] = await bundle("wrangler.toml", "examples/storefront/wrangler.toml");
  const token = tokenOf(coordinator);
  const miniflare = await runWorkers(
    [
      { worker: coordinator, port: coordinatorPort, bindings: { LARDER_TOKEN: token.value } },
      { worker: app, port: appPort, bindings: { ORIGIN: originUrl } },
    ],
    stateFolder,
  );
  started.defer(() => miniflare.dispose());
  // The app's counts come by way of the binding, the object and its storage, and not from the origin.
  await untilAnswering([`${coordinatorUrl}/.larder/`, `${appUrl}/stats`], stop);

  const running = started.move();
  const shown = { coordinator: coordinatorUrl, token, stateFolder: shortened(stateFolder) };
  return {
    coordinatorUrl,
    appUrl,
    hints: exampleHints({ ...shown, app: appUrl, origin: originUrl, delayMs }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The coordinator alone, as a gateway in front of `origin`. It is its own app. */
export async function startGateway(options: StartOptions, origin: URL, stop: AbortSignal): Promise<Run> {
  await using started = new AsyncDisposableStack();
  const coordinatorUrl = url(options.port);
  const stateFolder = await openState(options);
  const [coordinator] = await bundle("wrangler.toml");
  const token = tokenOf(coordinator);
  const bindings = { LARDER_TOKEN: token.value, ORIGIN: origin.origin };
  const miniflare = await runWorkers([{ worker: coordinator, port: options.port, bindings }], stateFolder);
  started.defer(() => miniflare.dispose());
  await untilAnswering([`${coordinatorUrl}/.larder/`], stop);

  const running = started.move();
  const shown = { coordinator: coordinatorUrl, token, stateFolder: shortened(stateFolder) };
  return {
    coordinatorUrl,
    appUrl: coordinatorUrl,
    hints: gatewayHints({ ...shown, origin: origin.origin, namespace: "default" }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function bundle<const Paths extends readonly string[]>(...configPaths: Paths) {
  try {
    const bundled = await Promise.all(configPaths.map((path) => bundleWorker(join(root, path))));
    return bundled as { [Index in keyof Paths]: (typeof bundled)[number] };
  } finally {
    await stopEsbuild();
  }
}

/** As seen from the working directory, where it lies inside. */
function shortened(path: string): string {
  const fromHere = relative(".", path);
  return fromHere.startsWith("..") ? path : fromHere;
}

function url(port: number): string {
  return `http://${host}:${port}`;
}

/** The environment's, else the one in .dev.vars, else one for this run alone. */
function tokenOf({ bindings }: BundledWorker): Token {
  const given = process.env["LARDER_TOKEN"] ?? bindings["LARDER_TOKEN"] ?? "";
  if (given.trim() !== "") return { value: given, madeHere: false };
  return { value: randomBytes(18).toString("base64url"), madeHere: true };
}
