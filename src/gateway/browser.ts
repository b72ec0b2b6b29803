import { parseCacheControl } from "../http/cache-control.ts";
import type { Plan } from "./plan.ts";

/**
 * Tells the browser how long it may keep what it gets, in the place of what the origin says. Errors keep what they say, so
 * that no browser holds one for long; so does what is not to be stored at all; and what is for one user stays for one.
 */
export function tellBrowser({ status, headers }: Response, browser: Plan["browser"]): void {
  if (browser === undefined || status >= 400) return;
  const control = parseCacheControl(headers);
  if (control.flags.has("no-store")) return;
  if (browser === false) {
    say(headers, "no-store");
    return;
  }
  const { maxAgeSeconds, serviceWorkerSeconds } = browser;
  if (maxAgeSeconds !== undefined) {
    say(headers, `${control.private === undefined ? "" : "private, "}max-age=${maxAgeSeconds}`);
  }
  if (serviceWorkerSeconds !== undefined) headers.set("x-sw-cache-control", `max-age=${serviceWorkerSeconds}`);
}

function say(headers: Headers, cacheControl: string): void {
  headers.set("cache-control", cacheControl);
  // They would be read by whoever does not know Cache-Control, and say something else.
  headers.delete("expires");
  headers.delete("pragma");
}
