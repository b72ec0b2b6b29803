import { asLarderError } from "../../../schema/errors.ts";
import { CacheOptionsSchema } from "../../../schema/options.ts";
import { problemsOf } from "../../../schema/validate.ts";
import { parseOrigin } from "../../../src/gateway/origin-url.ts";
import type { AskedRoute } from "../../../src/gateway/route-check.ts";
import { checkRoutes, routeTitle, sendsAllOn } from "../../../src/gateway/route-check.ts";
import type { DeclaredRoute } from "../../../src/gateway/router.ts";
import { settingsOf } from "../../../src/gateway/routes.ts";
import { optionFinding, startOf } from "./caches.ts";
import type { Finding } from "./finding.ts";
import { fieldPath, type Places } from "./places.ts";

/** What `defineConfig` gives, as far as there is something to find in it. */
interface GatewayConfig {
  readonly origins: Readonly<Record<string, string>>;
  readonly router?: { readonly routes: readonly DeclaredRoute[] };
  readonly cache?: object;
}

/** The name that ORIGIN, of the environment, gives an origin. */
const FROM_ENVIRONMENT = "origin";

/** The gateway's configuration that a module exports, if that is what it exports. */
export function gatewayConfigOf(exported: unknown): GatewayConfig | undefined {
  if (typeof exported !== "object" || exported === null || !("origins" in exported)) return undefined;
  const { origins } = exported;
  const routes = "router" in exported ? (exported.router as GatewayConfig["router"])?.routes : [];
  const isOne = typeof origins === "object" && origins !== null && (routes === undefined || Array.isArray(routes));
  return isOne ? (exported as GatewayConfig) : undefined;
}

interface Asked extends AskedRoute {
  readonly findings: readonly Finding[];
}

/** @param origin what ORIGIN is in the environment, if that is known */
export function gatewayFindings(
  config: GatewayConfig,
  origin: string | undefined,
  places: Places,
  file: string,
): readonly Finding[] {
  const start = startOf(file);
  const inExport = (field: readonly string[]) => places.ofExport(field) ?? start;
  const names = Object.keys(config.origins);
  if (origin !== undefined) names.push(FROM_ENVIRONMENT);
  const declared = config.router?.routes ?? [];
  const routes = declared.map((route, at) => asked(route, at, names, places, file));
  const options = { name: "gateway", ...config.cache };
  return [
    ...problemsOf(CacheOptionsSchema, options, "cache").map((error) =>
      optionFinding(error, inExport(fieldPath(error.field ?? ""))),
    ),
    ...Object.entries(config.origins).flatMap(([name, text]) => originFindings(name, text, inExport)),
    ...routes.flatMap(({ findings }) => findings),
    ...checkRoutes(routes).map(({ route, severity, kind, message }) => {
      const place = places.of(declared[route]?.declaredAt ?? new Error()) ?? start;
      return { severity, kind, message, place };
    }),
    ...destinationFindings(config, origin, routes, inExport),
  ];
}

/** Asks a route what it says; what keeps it from that is a finding, and the others are asked all the same. */
function asked(route: DeclaredRoute, at: number, names: readonly string[], places: Places, file: string): Asked {
  const { method, path, pattern, handler, declaredAt } = route;
  const title = routeTitle(route, at);
  const findings: Finding[] = [];
  const declaration = places.of(declaredAt) ?? startOf(file);
  let thrown: unknown;
  const watched: DeclaredRoute["handler"] = (helpers) => {
    const proxy: typeof helpers.proxy = (name) => {
      if (name !== FROM_ENVIRONMENT || names.includes(name)) return helpers.proxy(name);
      const message = `${title}: sends requests to "${name}", which is what ORIGIN names, and that is not known here; check with --env ORIGIN=https://…`;
      findings.push({ severity: "warning", kind: "origin-not-set", message, place: declaration });
      return { origin: name };
    };
    try {
      return handler({ ...helpers, proxy });
    } catch (error) {
      thrown = error;
      throw error;
    }
  };
  try {
    return { method, path, pattern, settings: settingsOf({ ...route, handler: watched }, names), findings };
  } catch (error) {
    const cause = thrown ?? error;
    const refused = asLarderError(cause);
    // Its first part is the helper that was called.
    const field = fieldPath(refused?.field ?? "").slice(1);
    const place = (cause instanceof Error ? places.of(cause, field) : undefined) ?? declaration;
    if (refused !== undefined) findings.push(optionFinding(refused, place, `${title}: `));
    else findings.push({ severity: "error", kind: "throws", message: `${title}: throws ${String(cause)}`, place });
    return { method, path, pattern, settings: undefined, findings };
  }
}

type PlaceOf = (field: readonly string[]) => Finding["place"];

function originFindings(name: string, text: string, inExport: PlaceOf): readonly Finding[] {
  try {
    parseOrigin(text);
    return [];
  } catch {
    const message = `origins.${name}: must be scheme, host and port only, such as https://www.example.com`;
    return [{ severity: "error", kind: "invalid-option", message, place: inExport(["origins", name]) }];
  }
}

/** Whether each origin gets requests, and each request an origin. */
function destinationFindings(
  { origins }: GatewayConfig,
  origin: string | undefined,
  routes: readonly Asked[],
  inExport: PlaceOf,
): readonly Finding[] {
  // What such a route says would count.
  if (routes.some(({ settings }) => settings === undefined)) return [];
  const names = Object.keys(origins);
  const byDefault = origin !== undefined || names.includes(FROM_ENVIRONMENT) ? FROM_ENVIRONMENT : undefined;
  const fallback = byDefault ?? (names.length === 1 ? names[0] : undefined);
  const isUsed = (name: string) => name === fallback || routes.some(({ settings }) => settings?.origin === name);
  const findings: Finding[] = names
    .filter((name) => !isUsed(name))
    .map((name) => {
      const message = `origins.${name}: no route sends requests there; delete it, or name it in proxy()`;
      return { severity: "warning", kind: "unused-origin", message, place: inExport(["origins", name]) };
    });
  if (names.length > 0 && fallback === undefined && !sendsAllOn(routes)) {
    const message =
      "requests that no route sends on are answered with 404; end the router with .fallback(), or set ORIGIN, to send them somewhere";
    findings.push({ severity: "warning", kind: "no-fallback", message, place: inExport(["router"]) });
  }
  return findings;
}
