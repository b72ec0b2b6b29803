import { LarderError } from "../schema/errors.ts";
import type { Ticket } from "../schema/feed.ts";
import { TICKET_SECONDS } from "../schema/feed-protocol.ts";
import type { TicketTerms } from "../schema/token.ts";

/** Tickets that may be out at one time: whoever asks for more without using them has no use for them. */
const MOST_TICKETS = 1_000;

/**
 * Tickets by which a live feed is opened, once each: for browsers, which cannot send a token along and should not put one
 * into a URL, where it would be logged. Only their digests are stored, and what they open: no more than the token did.
 */
export class Tickets {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  async issue(terms: TicketTerms, nowMs: number): Promise<Ticket> {
    const ticket = base64url(crypto.getRandomValues(new Uint8Array(32)));
    const expiresAtMs = nowMs + TICKET_SECONDS * 1000;
    this.#sql.exec("DELETE FROM tickets WHERE until_ms <= ?", nowMs);
    const { out } = this.#sql.exec<{ out: number }>("SELECT COUNT(*) AS out FROM tickets").one();
    if (out >= MOST_TICKETS) {
      const message = `There are ${MOST_TICKETS} tickets out that nobody has used; wait until they have run out, which takes ${TICKET_SECONDS} seconds at most`;
      throw new LarderError("unreachable", message, { limit: MOST_TICKETS });
    }
    this.#sql.exec(
      "INSERT INTO tickets (digest, until_ms, terms) VALUES (?, ?, ?)",
      ...[await digest(ticket), expiresAtMs, JSON.stringify(terms)],
    );
    return { ticket, expiresAt: new Date(expiresAtMs) };
  }

  /** The terms it was given on. @throws LarderError `unauthorized` where it has been used, has run out, or was never given */
  async redeem(ticket: string, nowMs: number): Promise<TicketTerms> {
    const [used] = this.#sql.exec<{ terms: string | null }>(
      "DELETE FROM tickets WHERE digest = ? AND until_ms > ? RETURNING terms",
      ...[await digest(ticket), nowMs],
    );
    // Null where it was given by a version that knew no terms.
    if (used !== undefined) return used.terms === null ? {} : (JSON.parse(used.terms) as TicketTerms);
    const message = "ticket: is not known here, has been used, or has run out; ask for a new one by POST …/tickets";
    throw new LarderError("unauthorized", message, { field: "ticket" });
  }
}

async function digest(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
