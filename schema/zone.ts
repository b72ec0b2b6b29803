/**
 * One thing for a zone's cache to forget. Tags are compared without case; a prefix is a host and whole segments of a
 * path, without scheme or query (developers.cloudflare.com/cache/how-to/purge-cache/purge_by_prefix).
 */
export interface ZoneOperation {
  readonly kind: "tag" | "prefix" | "host";
  readonly value: string;
}

/** How purges of a zone's cache are getting on; of a whole namespace. `docs/zone-purge.md` says what to do about it. */
export interface ZoneStatus {
  /**
   * - `idle`: nothing is queued.
   * - `sending`: what is queued goes as fast as the plan allows.
   * - `waiting`: Cloudflare has asked for a pause, or has not answered as it should; it is tried again.
   * - `blocked`: Cloudflare does not accept the zone or the token; it is tried again now and then.
   */
  readonly state: "idle" | "sending" | "waiting" | "blocked";
  /** Operations that Cloudflare has not confirmed yet. */
  readonly pending: number;
  /** When the oldest of them was asked for. */
  readonly oldestAt?: Date;
  /** When the next request may be made. */
  readonly nextAt?: Date;
  /** Operations that Cloudflare has confirmed. */
  readonly sent: number;
  /** Requests that were made, answered or not. */
  readonly requests: number;
  /** Operations that Cloudflare has refused for themselves, and that were given up. */
  readonly refused: number;
  readonly lastSuccessAt?: Date;
  readonly lastError?: {
    readonly at: Date;
    readonly message: string;
    /** The one that was given up. */
    readonly operation?: ZoneOperation;
  };
}
