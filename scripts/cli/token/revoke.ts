import type { RevokedToken } from "../../../schema/token.ts";
import type { Wire } from "../../../schema/wire.ts";
import { hasTokenForm } from "../../../src/api/claims.ts";
import { clock } from "../../../src/dashboard/app/format.ts";
import { Api } from "../client/api.ts";
import { settingsOf } from "../client/settings.ts";
import type { RevokeFlags } from "../commands/token.ts";
import type { ConnectionFlags } from "../flags.ts";
import { say } from "../output/say.ts";
import { plain, styled } from "../output/style.ts";
import { table } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { textIn } from "./input.ts";

export async function revoke(given: string, flags: RevokeFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const { id, expiresAt } = await named(given === "-" ? await textIn("-", "the token or its id") : given);
  const end = flags.expiresAt ?? expiresAt;
  const body = end === undefined ? {} : { expiresAt: end };
  const revoked = await api.post<Wire<RevokedToken>>(`/v1/tokens/${encodeURIComponent(id)}/revoke`, body);
  return say(flags, revoked, () => `${styled("green", "Revoked")} ${plain(revoked.id)}, everywhere within 5 seconds\n`);
}

/** A token says itself which it is and when it ends; one that has ended already is for the coordinator to say so. */
async function named(given: string): Promise<{ readonly id: string; readonly expiresAt?: string }> {
  if (!hasTokenForm(given)) return { id: given };
  const { readClaims } = await import("./inspect.ts");
  const { jti, exp } = readClaims(given).payload as { readonly jti?: unknown; readonly exp?: unknown };
  if (typeof jti !== "string" || typeof exp !== "number") {
    throw new UsageError("that token has no id or no end, so no coordinator takes it; there is nothing to revoke");
  }
  return { id: jti, expiresAt: new Date(exp * 1000).toISOString() };
}

export async function revoked(flags: ConnectionFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const reply = await api.get<{ readonly tokens: readonly Wire<RevokedToken>[] }>("/v1/tokens/revoked");
  return say(flags, reply, () =>
    reply.tokens.length === 0
      ? "No tokens are revoked.\n"
      : table(
          ["Id", "Revoked", "By", "Kept until"].map((head) => ({ head })),
          reply.tokens.map(({ id, at, by, until }) => [id, clock(at), by, clock(until)]),
        ),
  );
}
