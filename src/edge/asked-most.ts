import type { Happening } from "../../schema/events.ts";
import type { Key } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";
import type { Summaries } from "../../schema/rpc.ts";
import { merged, nothingCounted, summaryOf } from "../tally/frequent.ts";

/** Keys that are counted exactly before they are summed up. */
const MOST_KEYS = 1_000;

interface Asked {
  hits: number;
  misses: number;
  bytes: number;
  /** Of the entry that answered last. */
  tags: readonly Tag[];
}

/**
 * What of one cache is asked for most in one isolate, in bounded memory: keys are counted exactly until there are too many
 * of them, and then become part of a summary. So a hit costs one look-up in a map.
 */
export class AskedMost {
  readonly #asked = new Map<Key, Asked>();
  #summed: { keys: Summaries; tags: Summaries } | undefined;

  add(event: Happening): void {
    switch (event.type) {
      case "hit":
      case "wait": {
        const { key, tags, bytes } = event.entry;
        const asked = this.#of(key);
        asked.hits += 1;
        asked.bytes += bytes;
        asked.tags = tags;
        return;
      }
      case "miss":
        if (event.key !== undefined) this.#of(event.key).misses += 1;
        return;
    }
  }

  #of(key: Key): Asked {
    let asked = this.#asked.get(key);
    if (asked === undefined) {
      if (this.#asked.size === MOST_KEYS) this.#sumUp();
      asked = { hits: 0, misses: 0, bytes: 0, tags: [] };
      this.#asked.set(key, asked);
    }
    return asked;
  }

  #sumUp(): void {
    const keys = new Counting();
    const tags = new Counting();
    for (const [key, { hits, misses, bytes, tags: own }] of this.#asked) {
      keys.add(key, { hits, misses, bytes });
      // A miss has no tags: those are told with what is stored after it.
      for (const tag of own) tags.add(tag, { hits, misses: 0, bytes });
    }
    this.#asked.clear();
    this.#summed = { keys: keys.onTopOf(this.#summed?.keys), tags: tags.onTopOf(this.#summed?.tags) };
  }

  /** What has been asked for since it was last taken. */
  take(): { readonly keys: Summaries; readonly tags: Summaries } | undefined {
    if (this.#asked.size > 0) this.#sumUp();
    const summed = this.#summed;
    this.#summed = undefined;
    return summed;
  }
}

const metrics = ["hits", "misses", "bytes"] as const;
type Metric = (typeof metrics)[number];

/** Exact counts by name, of each metric. */
class Counting {
  readonly #counts = {
    hits: new Map<string, number>(),
    misses: new Map<string, number>(),
    bytes: new Map<string, number>(),
  };

  add(name: Key | Tag, counts: Readonly<Record<Metric, number>>): void {
    const short = name.slice(0, limits.countedNameCharacters);
    for (const metric of metrics) {
      const by = counts[metric];
      const of = this.#counts[metric];
      if (by > 0) of.set(short, (of.get(short) ?? 0) + by);
    }
  }

  onTopOf(before: Summaries | undefined): Summaries {
    const of = (metric: Metric) =>
      merged(before?.[metric] ?? nothingCounted, summaryOf(this.#counts[metric], limits.topNames), limits.topNames);
    return { hits: of("hits"), misses: of("misses"), bytes: of("bytes") };
  }
}
