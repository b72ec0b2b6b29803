import { useEffect, useReducer } from "preact/hooks";
import type { CounterName, Counts } from "../../../schema/counters.ts";
import { addCounts } from "../../../schema/counters.ts";
import type { FeedEvent, Frame } from "../../../schema/feed.ts";
import type { Api } from "./api.ts";
import type { Connection } from "./live.ts";
import { listen } from "./live.ts";

/** Events that are kept to be shown. */
const MOST_EVENTS = 100;

/** What is known of a namespace by its live feed. */
export interface Watched {
  readonly connection: Connection;
  /** Its caches, by name. */
  readonly caches: readonly string[];
  readonly entries: number;
  readonly bytes: number;
  /** The newest first. */
  readonly events: readonly FeedEvent[];
  /** What has been counted since the series was last read, by cache. */
  readonly counted: ReadonlyMap<string, Counts>;
  /** Counts up with every snapshot: what has been missed has to be read anew. */
  readonly snapshots: number;
}

type News =
  | { readonly type: "frame"; readonly frame: Frame }
  | { readonly type: "connection"; readonly state: Connection }
  | { readonly type: "read" }
  | { readonly type: "left" };

const nothing: Watched = {
  ...{ connection: "connecting", caches: [], entries: 0, bytes: 0, events: [], counted: new Map(), snapshots: 0 },
};

function heard(watched: Watched, news: News): Watched {
  switch (news.type) {
    case "left":
      return nothing;
    case "connection":
      return { ...watched, connection: news.state };
    case "read":
      return { ...watched, counted: new Map() };
    case "frame":
      return news.frame.type === "snapshot" ? begun(watched, news.frame) : changed(watched, news.frame);
  }
}

function begun(watched: Watched, frame: Extract<Frame, { type: "snapshot" }>): Watched {
  const caches = Object.entries(frame.caches).filter(([name]) => name !== "*");
  return {
    ...watched,
    caches: caches.map(([name]) => name).sort(),
    entries: caches.reduce((sum, [, { entries }]) => sum + entries, 0),
    bytes: caches.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    events: newestFirst(watched.events, frame.events),
    counted: new Map(),
    snapshots: watched.snapshots + 1,
  };
}

function changed(watched: Watched, frame: Extract<Frame, { type: "change" }>): Watched {
  const counted = new Map(watched.counted);
  for (const [cache, counts] of Object.entries(frame.counts)) {
    const sum: Partial<Record<CounterName, number>> = { ...counted.get(cache) };
    addCounts(sum, counts);
    counted.set(cache, sum);
  }
  const names = new Set([...watched.caches, ...counted.keys()].filter((name) => name !== "*"));
  return { ...watched, caches: [...names].sort(), counted, events: newestFirst(watched.events, frame.events) };
}

function newestFirst(before: readonly FeedEvent[], more: readonly FeedEvent[]): readonly FeedEvent[] {
  const refills = new Set(more.flatMap((event) => (event.kind === "refill" ? [event.id] : [])));
  // Of a refill, how far it has come by now.
  const others = before.filter((event) => event.kind !== "refill" || !refills.has(event.id));
  return [...more.toReversed(), ...others].slice(0, MOST_EVENTS);
}

/** Watches a namespace by its live feed. `read` is to be called when its series has been read anew. */
export function useWatched(api: Api, namespace: string): Watched & { read(): void } {
  const [watched, tell] = useReducer(heard, nothing);
  useEffect(() => {
    tell({ type: "left" });
    if (namespace === "") return undefined;
    return listen(api, namespace, {
      frame: (frame) => tell({ type: "frame", frame }),
      connection: (state) => tell({ type: "connection", state }),
    });
  }, [api, namespace]);
  return { ...watched, read: () => tell({ type: "read" }) };
}
