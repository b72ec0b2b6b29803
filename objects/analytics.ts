import type { Counted } from "../src/telemetry/data-point.ts";
import { dataPointOf } from "../src/telemetry/data-point.ts";
import { log } from "../src/telemetry/log.ts";

/** Points that one call may write (developers.cloudflare.com/analytics/analytics-engine/limits); what is beyond is only in the counters. */
const MOST_POINTS = 250;

/**
 * Tells Workers Analytics Engine what has been counted, where there is a binding to it. Each report is counted once, and so
 * each point is written once; a binding that fails disturbs nothing.
 */
export function writeDataPoints(
  dataset: AnalyticsEngineDataset | undefined,
  namespace: string | undefined,
  counted: readonly Counted[],
): void {
  if (dataset === undefined || namespace === undefined) return;
  try {
    for (const each of counted.slice(0, MOST_POINTS)) dataset.writeDataPoint(dataPointOf(namespace, each));
  } catch (error) {
    log("warn", "the data points of what was counted could not be written", { namespace }, error);
  }
}
