import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { freshened, isConfirmedBy } from "../http/freshen.ts";
import { logState } from "../log/verdict.ts";
import type { DataCentreCache } from "../store/data-centre-cache.ts";
import { giveOut } from "../store/stored-form.ts";
import { findEntry } from "./find.ts";
import type { KeyedBy } from "./place.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/**
 * What is stored for the request, with its header fields updated by a 304 that confirms it (RFC 9111 section 4.3.4): a
 * response to be judged and stored like a new one. Undefined when it confirms nothing: what it was about is gone, or
 * has been purged, and a purge means that the origin is to be asked for the whole.
 */
export async function renewed(
  cache: DataCentreCache,
  keeper: ViewKeeper,
  config: CacheConfig,
  request: Request,
  by: KeyedBy,
  notModified: Response,
): Promise<{ readonly response: Response; readonly tags: readonly Tag[]; readonly permanent: boolean } | undefined> {
  const stored = (await findEntry(cache, config, request, by))?.stored;
  if (stored?.found.kind !== "entry") return undefined;
  const { entry } = stored.found;
  const state = keeper.view === undefined ? "unknown" : logState(entry, keeper.view).state;
  const whole = giveOut(stored.stored, stored.found, stored.body);
  if (state === "purged" || state === "unknown" || !isConfirmedBy(whole.headers, notModified.headers)) {
    await whole.body?.cancel();
    return undefined;
  }
  const headers = freshened(whole.headers, notModified.headers);
  const { status, tags, permanent } = entry;
  return { response: new Response(whole.body, { status, headers }), tags, permanent };
}
