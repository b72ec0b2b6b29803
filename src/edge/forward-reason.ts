import type { MissReason } from "../../schema/events.ts";
import type { ForwardReason } from "../http/cache-status.ts";

/** Why a request went on, in the words of RFC 9211 section 2.2. */
export function forwardReason(reason: MissReason): ForwardReason {
  switch (reason) {
    case "absent":
      return "uri-miss";
    case "expired":
    case "purged":
      return "stale";
    case "variant":
      return "vary-miss";
    case "bypass":
    case "body-too-big":
    case "disabled":
    case "too-long":
    case "hit-for-miss":
    case "unreachable":
      return "bypass";
    case "method":
      return "method";
    case "request":
      return "request";
    case "unknown":
      return "miss";
  }
}
