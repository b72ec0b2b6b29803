import type { Demand } from "../../schema/rpc.ts";
import { Overdue } from "./surroundings.ts";

/** Statuses for which a stale response stands in (RFC 5861 section 4). */
const FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

export function isFailure({ status }: Response): boolean {
  return FAILURES.has(status);
}

/** What a look-up for something to stand in is told of an answer; undefined when that is no failure. */
export function failureOf(response: Response): Pick<Demand, "standIn" | "originStatus"> | undefined {
  return isFailure(response) ? { standIn: "failed", originStatus: response.status } : undefined;
}

/** The same of an origin that has not answered, or not in time. */
export function failureBy(error: unknown): Pick<Demand, "standIn"> {
  return { standIn: error instanceof Overdue ? "timeout" : "unreachable" };
}
