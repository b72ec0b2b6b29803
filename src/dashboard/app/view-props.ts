import type { Api } from "./api.ts";
import type { Place } from "./place.ts";
import type { Watched } from "./watching.ts";

/** What every view is given. */
export interface ViewProps {
  readonly api: Api;
  readonly place: Place;
  /** The cache that is looked at; empty for all of the namespace. */
  readonly cache: string;
  readonly watched: Watched & { read(): void };
}
