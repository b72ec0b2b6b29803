import { type Command, Option } from "commander";
import { asksCoordinator, type ConnectionFlags, collected, seconds, wholeNumber } from "../flags.ts";

export interface SigningFlags {
  readonly secretFile?: string;
  readonly privateKey?: string;
}

export interface CreateFlags extends SigningFlags {
  readonly namespaces: readonly string[];
  readonly cache?: readonly string[];
  readonly scope: readonly string[];
  readonly tagPrefix?: string;
  readonly maxEntries?: number;
  readonly expiresIn: number;
  readonly subject?: string;
  readonly id?: string;
  readonly json?: true;
}

export interface InspectFlags {
  readonly secretFile?: string;
  readonly publicKey?: string;
  readonly json?: true;
}

export interface RevokeFlags extends ConnectionFlags {
  readonly expiresAt?: string;
}

export interface KeysFlags {
  readonly privateKey: string;
}

const SCOPES = "stats:read, entries:read, purge:tags, purge:all, purge:erase, live, schedule, refill, admin";

/** `larder token create`, `inspect`, `revoke`, `revoked` and `keys`. */
export function addToken(program: Command): void {
  const token = program.command("token").summary("tokens that may do less than everything: made, read and revoked");
  const json = () => new Option("--json", "for programs: one JSON document");

  token
    .command("create")
    .summary("sign a token; no coordinator is asked")
    .description(
      "Signs a token by the secret in LARDER_SECRET, or by a private key, and writes it to stdout alone. What it may do is said here, once: it can be revoked, and not changed.",
    )
    .requiredOption("--namespaces <glob>", "a namespace, or a pattern with * and ?; may be repeated", collected)
    .option("-c, --cache <name>", "one cache, and no others but those named so; may be repeated", collected)
    .requiredOption("-s, --scope <scope>", `of ${SCOPES}; may be repeated`, collected)
    .option("--tag-prefix <prefix>", 'purges by tags alone that begin so, as in "tenant:acme:*"')
    .option("--max-entries <n>", "how many entries a purge may hit", wholeNumber(1))
    .requiredOption("--expires-in <time>", "as in 12h or 90d; a year at most", seconds)
    .option("--subject <name>", "whose it is, as the history of purges tells")
    .option("--id <id>", "by which it can be revoked; random when left out")
    .addOption(secretFile().conflicts("privateKey"))
    .option("--private-key <file>", "an Ed25519 private key, as PKCS8 PEM or JWK; the coordinator has the public one")
    .addOption(json())
    .addHelpText(
      "after",
      `
Examples:
  larder token create --namespaces storefront --scope purge:tags --expires-in 90d --subject "deploys"
  larder token create --namespaces 'tenants-*' --scope purge:tags --tag-prefix 'tenant:acme:*' --max-entries 500 --expires-in 30d
  larder token create --namespaces '*' --scope stats:read --scope live --expires-in 12h --private-key key.pem
`,
    )
    .action(async (flags: CreateFlags) => (await import("../token/create.ts")).create(flags));

  token
    .command("inspect")
    .summary("read a token, and say whether it holds; no coordinator is asked")
    .description(
      "Says what a token may do and until when. With LARDER_SECRET or LARDER_PUBLIC_KEY, or those before them, at hand it also says whether the signature holds. Whether it has been revoked the coordinator alone knows.",
    )
    .argument("[token]", "the token; from stdin when left out or -, where no other user sees it", "-")
    .addOption(secretFile())
    .option("--public-key <file>", "an Ed25519 public key, as SPKI PEM or JWK (LARDER_PUBLIC_KEY)")
    .addOption(json())
    .addHelpText(
      "after",
      `
Examples:
  larder token inspect < token.txt
  larder token create … | larder token inspect --json

Exit codes: 0 it holds as far as can be seen, 1 it does not, 2 usage.
`,
    )
    .action(async (given: string, flags: InspectFlags) => (await import("../token/inspect.ts")).inspect(given, flags));

  asksCoordinator(token.command("revoke").summary("make a token invalid before it ends"))
    .description(
      "Makes a token invalid, within five seconds everywhere. It takes a token with the scope admin for all namespaces, or LARDER_TOKEN.",
    )
    .argument("<id>", "its id, as inspect tells; or the token itself, or - to read either from stdin")
    .option(
      "--expires-at <time>",
      "when it ends by itself, as in 2027-01-31T00:00:00Z; of a token itself that is known",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  larder token revoke 0f8fad5b-d9cb-469f-a165-70867728950e\n  larder token revoke - < token.txt\n",
    )
    .action(async (id: string, flags: RevokeFlags) => (await import("../token/revoke.ts")).revoke(id, flags));

  asksCoordinator(token.command("revoked").summary("list the tokens that are revoked"))
    .addHelpText("after", "\nExamples:\n  larder token revoked --json | jq -r '.tokens[].id'\n")
    .action(async (flags: ConnectionFlags) => (await import("../token/revoke.ts")).revoked(flags));

  token
    .command("keys")
    .summary("make a pair of keys, to sign by the one and check by the other")
    .description(
      "Makes an Ed25519 pair: writes the private key to a new file that only you can read, and the public one, which goes into LARDER_PUBLIC_KEY, to stdout.",
    )
    .requiredOption("--private-key <file>", "where to; a file that is there is left as it is")
    .addHelpText(
      "after",
      "\nExamples:\n  larder token keys --private-key key.pem | npx wrangler secret put LARDER_PUBLIC_KEY\n",
    )
    .action(async (flags: KeysFlags) => (await import("../token/keys.ts")).keys(flags));
}

/** Never the secret itself: what is an argument can be seen in the list of processes, and stays in the shell's history. */
function secretFile(): Option {
  return new Option("--secret-file <file>", "where the secret is, or - for stdin (LARDER_SECRET)");
}
