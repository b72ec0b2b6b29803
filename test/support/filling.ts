import type { StoredEntry } from "../../schema/entry.ts";
import type { Acquire } from "../../schema/fills.ts";
import { DataCentreCache } from "../../src/store/data-centre-cache.ts";
import { fromTransit } from "../../src/store/stored-form.ts";
import type { Leader, Site } from "./site.ts";
import { inTransit } from "./site.ts";

/** The cache of the data centre the object lives in. */
export const shield = new DataCentreCache(() => caches.default);

export async function isInShield(site: Site): Promise<boolean> {
  const there = await shield.match(site.place());
  await there?.body?.cancel();
  return there !== undefined;
}

export interface Filling extends Partial<StoredEntry> {
  readonly body?: string;
  /** How far the clock of the data centre that stores it is ahead of the object's. */
  readonly aheadSeconds?: number;
  /** Seconds that pass there before the copy is made. */
  readonly lyingSeconds?: number;
}

/** Completes a fill as a data centre does that has stored the entry and can give a copy. */
export async function complete(site: Site, leader: Leader, filling: Filling = {}) {
  const { aheadSeconds = 0, body: _, lyingSeconds: __, ...sketch } = filling;
  const entry = site.entry(leader.asOf, { storedAtMs: Date.now() + aheadSeconds * 1000, ...sketch });
  const { tags, bytes, permanent, storedAtMs } = entry;
  const reply = await site.complete(
    leader,
    { tags: [...tags], bytes, permanent, freshSeconds: entry.ttlSeconds, lifetimeSeconds: entry.ttlSeconds + 60 },
    { shield: { storedAtMs } },
  );
  return { reply, entry };
}

/** Gives the shield the copy. */
export async function offer(site: Site, { lease, dataCentre }: Leader, entry: StoredEntry, filling: Filling = {}) {
  const { body = "page", lyingSeconds = 0 } = filling;
  const copy = inTransit(entry, body, entry.storedAtMs + lyingSeconds * 1000);
  await site.object.offer({}, { place: site.place(), dataCentre, lease }, copy);
}

/** A whole fill from afar, with a copy for the shield. */
export async function fill(site: Site, dataCentre: string, filling: Filling = {}): Promise<Leader> {
  const leader = await site.lead(dataCentre);
  const { entry } = await complete(site, leader, filling);
  await offer(site, leader, entry, filling);
  return leader;
}

/** What a data centre gets from the shield. */
export async function fetched(site: Site, dataCentre: string, sketch: Partial<Acquire> = {}) {
  const { response } = await site.ask(dataCentre, sketch).answer("shield");
  const arrived = fromTransit(response, site.place(), 0);
  if (arrived === undefined) throw new Error("what arrived is no entry");
  return { entry: arrived.entry, body: await arrived.response.text(), headers: arrived.response.headers };
}
