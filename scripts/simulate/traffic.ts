import type { Delay } from "./isolate.ts";
import type { Random } from "./random.ts";
import { gapMs, logNormal, zipf } from "./random.ts";
import type { Arrival, Size } from "./world.ts";

export interface Traffic {
  readonly requestsPerSecond: number;
  readonly purgesPerSecond: number;
  readonly keys: number;
  /** The exponent of Zipf's law by which keys are asked for, and purged. */
  readonly zipf: number;
}

/** Data centres differ: the largest gets a sixth of all requests, half of 330 of them a tenth together. */
const DATA_CENTRE_EXPONENT = 1;

/** Requests and purges in the order of time, until `untilMs`. Purges hit the popular keys as much as requests do. */
export function* arrivals(size: Size, traffic: Traffic, untilMs: number, random: Random): Iterable<Arrival> {
  const key = zipf(traffic.keys, traffic.zipf, random);
  const dataCentre = zipf(size.dataCentres, DATA_CENTRE_EXPONENT, random);
  const next = (perSecond: number) => (perSecond === 0 ? Number.POSITIVE_INFINITY : gapMs(perSecond, random));
  let requestAtMs = next(traffic.requestsPerSecond);
  let purgeAtMs = next(traffic.purgesPerSecond);
  for (;;) {
    const atMs = Math.min(requestAtMs, purgeAtMs);
    if (atMs > untilMs) return;
    const kind = purgeAtMs < requestAtMs ? "purge" : "request";
    yield { atMs, kind, dataCentre: dataCentre(), isolate: Math.floor(random() * size.isolates), key: key() };
    if (kind === "purge") purgeAtMs += next(traffic.purgesPerSecond);
    else requestAtMs += next(traffic.requestsPerSecond);
  }
}

/** Above this the engine would begin to take the object for unreachable, which is not simulated. */
const LONGEST_ROUND_TRIP_MS = 1_000;

/** A round trip of its own for each data centre, around which each of its calls varies. */
export function links(size: Size, medianMs: number, random: Random): (dataCentre: number) => Delay {
  const usualMs = Array.from({ length: size.dataCentres }, () => logNormal(medianMs, 0.6, random));
  return (dataCentre) => {
    const roundTripMs = Math.min(logNormal(usualMs[dataCentre] ?? medianMs, 0.2, random), LONGEST_ROUND_TRIP_MS);
    return { outMs: roundTripMs / 2, backMs: roundTripMs / 2 };
  };
}
