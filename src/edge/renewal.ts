import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { freshened, isConfirmedBy, toldByHead } from "../http/freshen.ts";
import { ageOf, logState } from "../log/verdict.ts";
import type { DataCentreCache } from "../store/data-centre-cache.ts";
import { giveOut } from "../store/stored-form.ts";
import { findEntry } from "./find.ts";
import type { KeyedBy } from "./place.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** A stored response, renewed: to be judged and stored like a new one. */
interface Renewal {
  readonly response: Response;
  readonly tags: readonly Tag[];
  readonly permanent: boolean;
}

/**
 * What is stored for the request, with its header fields updated by an answer that confirms it: a 304 (RFC 9111 section
 * 4.3.4), or a 200 to HEAD (section 4.3.5). Undefined when it confirms nothing: what it was about is gone, or has been
 * purged, and a purge means that the origin is to be asked for the whole.
 */
export async function renewed(
  cache: DataCentreCache,
  keeper: ViewKeeper,
  config: CacheConfig,
  request: Request,
  by: KeyedBy,
  answer: Response,
  nowMs: number,
): Promise<Renewal | undefined> {
  const stored = (await findEntry(cache, config, request, by))?.stored;
  if (stored?.found.kind !== "entry") return undefined;
  const { entry } = stored.found;
  const { status, tags, permanent, bytes: sizeBytes } = entry;
  const state = keeper.view === undefined ? "unknown" : logState(entry, keeper.view).state;
  const whole = giveOut(stored.stored, stored.found, stored.body);
  const told =
    answer.status === 304
      ? toldByNotModified(whole.headers, answer.headers)
      : toldByHead({ status, headers: whole.headers, sizeBytes }, answer.headers);
  if (state !== "purged" && state !== "unknown" && told === "confirmed") {
    const headers = freshened(whole.headers, answer.headers);
    return { response: new Response(whole.body, { status, headers }), tags, permanent };
  }
  await whole.body?.cancel();
  const ageSeconds = Math.floor(ageOf(entry, nowMs));
  // Stale from now on, and no more than that: it may still stand in for an origin that fails.
  if (told === "outdated" && ageSeconds < entry.ttlSeconds) await cache.amend(entry, { ttlSeconds: ageSeconds }, nowMs);
  return undefined;
}

function toldByNotModified(stored: Headers, notModified: Headers): "confirmed" | "nothing" {
  return isConfirmedBy(stored, notModified) ? "confirmed" : "nothing";
}
