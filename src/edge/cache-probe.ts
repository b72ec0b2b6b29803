import type { CacheProbe } from "../../schema/health.ts";
import { RESERVED_NAMESPACE } from "../../schema/limits.ts";
import { newEpoch } from "../../schema/version.ts";

/** Long enough for the probe, and short enough for what it should leave behind to be gone soon. */
const LIFETIME_SECONDS = 60;

/** Puts, looks up, deletes and looks up again. `origin` is that of the request, as foreign hosts cost a look-up of their name. */
export async function probeCache(cache: Cache, origin: string): Promise<CacheProbe> {
  const key = `${origin}/?larder=${RESERVED_NAMESPACE}&probe=${newEpoch()}`;
  const startedAtMs = Date.now();
  const after = (state: CacheProbe["state"]): CacheProbe => ({ state, ms: Date.now() - startedAtMs });
  const isThere = async () => {
    const found = await cache.match(key);
    await found?.body?.cancel();
    return found !== undefined;
  };
  try {
    const headers = { "cache-control": `max-age=${LIFETIME_SECONDS}` };
    await cache.put(key, new Response("probe", { headers }));
    if (!(await isThere())) return after("keeps-nothing");
    await cache.delete(key);
    return after((await isThere()) ? "keeps-deleted" : "works");
  } catch (error) {
    return { ...after("fails"), error: error instanceof Error ? error.message : String(error) };
  }
}
