import type { Explanation } from "../../schema/explain.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Planned } from "./plan.ts";

/** Asks for more to be said of an answer (`1`), or for one that has gone past the cache (`bypass`). */
export const DEBUG = "larder-debug";
/** The operator's token, without which `Larder-Debug` counts for nothing. */
export const TOKEN = "larder-token";

/** What lets operators look into the gateway. */
export interface Debugging {
  /** Whether a token is the operator's. */
  readonly isToken: (token: string) => Promise<boolean>;
  /** Tells what the cache makes of a request, without doing anything. */
  readonly explain: (config: CacheConfig, request: Request) => Promise<Explanation>;
}

/** What an operator asks for by `Larder-Debug`; undefined for everybody else. */
export async function debugAsked(
  { headers }: Request,
  debugging: Debugging | undefined,
): Promise<"tell" | "bypass" | undefined> {
  const asked = headers.get(DEBUG);
  const token = headers.get(TOKEN);
  if (asked === null || token === null || debugging === undefined || !(await debugging.isToken(token)))
    return undefined;
  return asked === "bypass" ? "bypass" : "tell";
}

/** The fields that tell an operator how an answer came about. */
export function debugFields(
  explanation: Explanation,
  { plan }: Planned,
): readonly (readonly [name: string, value: string])[] {
  const { key, url, here, view, outcome } = explanation;
  const state = outcome === "miss" ? `miss; ${explanation.reason}` : outcome;
  return [
    ["larder-debug-outcome", state],
    ["larder-debug-key", encoded(key ?? "none, it would be too long")],
    ["larder-debug-url", encoded(url)],
    ["larder-debug-routes", encoded(plan.routes.join(", ") || "none")],
    ["larder-debug-origin", plan.origin.origin],
    ["larder-debug-state", here?.state ?? "not looked for"],
    ["larder-debug-tags", here?.copy?.tags.join(",") ?? ""],
    ["larder-debug-version", here?.copy?.asOf ?? "none"],
    ["larder-debug-view", view === null ? "none" : `${view.version}; age=${view.confirmedSecondsAgo}`],
  ];
}

/** Field values are ASCII; the rest is percent-encoded. */
function encoded(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}
