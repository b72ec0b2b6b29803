import type { Tag } from "../../schema/names.ts";
import type { StoreOptions } from "../../schema/options.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { Content } from "./model.ts";
import type { What } from "./program.ts";
import { PAGES } from "./program.ts";

/** What of a purge names what it hits. */
export function named(what: What, keyOf: (page: number) => string): PurgeRequest {
  switch (what.kind) {
    case "url":
      return { url: pageAt(what.page).url };
    case "key":
      return { key: keyOf(what.page) };
    case "tags":
    case "allOf":
      return { [what.kind]: [...what.tags] };
    case "tags+prefix":
      return { tags: [...what.tags], prefix: what.prefix };
    case "prefix":
      return { prefix: what.prefix };
    case "any":
      return { any: [{ url: pageAt(what.page).url }, { tags: [...what.tags] }] };
    case "everything":
      return { everything: true };
  }
}

/** The options of a put that stores the content. */
export function optionsFor({
  tags,
  permanent,
  ttlSeconds,
  swrSeconds,
  sieSeconds,
}: Content): Omit<StoreOptions, "asOf"> {
  return {
    tags: tags as Tag[],
    ttlSeconds,
    staleWhileRevalidateSeconds: swrSeconds,
    staleIfErrorSeconds: sieSeconds,
    ...(permanent ? { permanent: true as const } : {}),
  };
}

export function pageAt(page: number) {
  return PAGES[page] ?? PAGES[0];
}

/** The one that many back from the newest, beginning anew where there are not so many. */
export function newest<T>(list: readonly T[], which: number): T | undefined {
  return list.length === 0 ? undefined : list[list.length - 1 - (which % list.length)];
}

/** Origins that have been asked and have not answered. */
export class Origins {
  readonly #waiting: ((answers: boolean) => void)[] = [];

  /** Whether the origin answers, once it does or fails to. */
  asked(): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(which: number, answers: boolean): void {
    const origin = newest(this.#waiting, which);
    if (origin === undefined) return;
    this.#waiting.splice(this.#waiting.indexOf(origin), 1);
    origin(answers);
  }

  /** Every one of them fails. */
  fail(): void {
    for (const origin of this.#waiting.splice(0)) origin(false);
  }
}
