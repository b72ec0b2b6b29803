import type { Place } from "../../schema/entry.ts";
import { RESERVED_NAMESPACE } from "../../schema/limits.ts";
import { newEpoch } from "../../schema/version.ts";
import { Memo } from "../store/memo.ts";

const HEADER = "larder-data-centre";
const LIFETIME_SECONDS = 86_400;

/**
 * Which data centre this is: a random id that lies in its cache, so that isolates which share the cache share the id.
 * No name of a data centre would tell as much: an app and its coordinator may be in one and have caches of their own.
 *
 * Isolates of one data centre may have two ids, as when they begin at the same time or one outlives its id in the cache.
 * That costs a call or a transfer more, and nothing else.
 */
export class DataCentre {
  readonly #open: () => Cache;
  /** By the origin of the URL: the id lies under the host of the key it is asked for, as foreign hosts cost a look-up. */
  readonly #ids = new Memo<string>(1000);

  constructor(open: () => Cache) {
    this.#open = open;
  }

  async id({ url }: Pick<Place, "url">): Promise<string> {
    const { origin } = new URL(url);
    const known = this.#ids.get(origin);
    if (known !== undefined) return known;
    const agreed = await this.#agreeOn(`${origin}/?larder=${RESERVED_NAMESPACE}`);
    // Of all who asked at once here, the first to be answered decides.
    return this.#ids.get(origin) ?? this.#ids.set(origin, agreed);
  }

  async #agreeOn(key: string): Promise<string> {
    const cache = this.#open();
    const known = (await cache.match(key))?.headers.get(HEADER);
    if (known != null) return known;
    const id = newEpoch();
    const headers = { "cache-control": `max-age=${LIFETIME_SECONDS}`, [HEADER]: id };
    await cache.put(key, new Response(null, { headers }));
    return (await cache.match(key))?.headers.get(HEADER) ?? id;
  }
}
