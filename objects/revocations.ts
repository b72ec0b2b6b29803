import { LarderError } from "../schema/errors.ts";
import { limits } from "../schema/limits.ts";
import type { Revocations, RevokedToken } from "../schema/token.ts";
import { newEpoch } from "../schema/version.ts";
import { readMeta, writeMeta } from "./storage.ts";

interface Row extends Record<string, SqlStorageValue> {
  id: string;
  at_ms: number;
  by: string;
  until_ms: number;
}

/** A token is taken for some time after its end, as clocks differ; and so its revocation is kept for longer than that. */
const SLACK_MS = 5 * 60_000;

/** What isolates ask by, so that they need not be sent what they know. */
const REVISION = "revocations";

/**
 * The tokens that are revoked though they have not ended: kept by the object of the reserved namespace, for all namespaces.
 * There is no list of those that are valid, as they are signed where the coordinator need not be asked.
 */
export class RevokedTokens {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @throws LarderError `invalid-input` where the token has ended, or too many are revoked already */
  revoke(id: string, { expiresAt }: { readonly expiresAt?: string | undefined }, by: string, nowMs: number) {
    const endsMs = expiresAt === undefined ? nowMs + limits.tokenSeconds * 1000 : Date.parse(expiresAt);
    if (endsMs <= nowMs) {
      const message = "expiresAt: lies in the past, and what has ended need not be revoked";
      throw new LarderError("invalid-input", message, { field: "expiresAt" });
    }
    this.#sql.exec("DELETE FROM revoked_tokens WHERE until_ms <= ?", nowMs);
    const { many } = this.#sql.exec<{ many: number }>("SELECT COUNT(*) AS many FROM revoked_tokens").one();
    if (many >= limits.revokedTokens && this.#one(id) === undefined) {
      const message = `id: ${limits.revokedTokens} tokens are revoked, and no more can be; change the secret or the key by which they are signed`;
      throw new LarderError("invalid-input", message, { field: "id", limit: limits.revokedTokens });
    }
    // A shorter end does not take the place of a longer one: it would bring the token back.
    this.#sql.exec(
      `INSERT INTO revoked_tokens (id, at_ms, "by", until_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET until_ms = MAX(until_ms, excluded.until_ms)`,
      ...[id, nowMs, by, endsMs + SLACK_MS],
    );
    writeMeta(this.#sql, REVISION, newEpoch());
    const written = this.#one(id);
    if (written === undefined) throw new Error(`the revocation of ${id} was not written`);
    return written;
  }

  /** The last to be revoked first. */
  list(nowMs: number): RevokedToken[] {
    return this.#sql
      .exec<Row>("SELECT * FROM revoked_tokens WHERE until_ms > ? ORDER BY at_ms DESC, id", nowMs)
      .toArray()
      .map(revokedTokenOf);
  }

  since(known: string | null, nowMs: number): Revocations {
    const revision = readMeta(this.#sql, REVISION) ?? "none";
    return revision === known ? { revision } : { revision, ids: this.list(nowMs).map(({ id }) => id) };
  }

  #one(id: string): RevokedToken | undefined {
    const [row] = this.#sql.exec<Row>("SELECT * FROM revoked_tokens WHERE id = ?", id);
    return row === undefined ? undefined : revokedTokenOf(row);
  }
}

function revokedTokenOf({ id, at_ms, by, until_ms }: Row): RevokedToken {
  return { id, at: new Date(at_ms), by, until: new Date(until_ms) };
}
