import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./support/cli.ts";
import { Coordinator, TOKEN } from "./support/coordinator.ts";
import { until } from "./support/until.ts";

const SECRET = "a secret of these tests, of forty-six characters";
const BEFORE = "the secret before, which is taken until it is removed";

let directory: string;
let coordinator: Coordinator;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "larder-cli-"));
  const { stdout } = await offline("token", "keys", "--private-key", join(directory, "key.pem"));
  await writeFile(join(directory, "public.pem"), stdout);
  coordinator = await Coordinator.start({
    LARDER_SECRET: SECRET,
    LARDER_SECRET_PREVIOUS: BEFORE,
    // A variable has one line, here as in most places where variables are set.
    LARDER_PUBLIC_KEY: stdout.trim().replaceAll("\n", "\\n"),
  });
  url = coordinator.url;
}, 90_000);

afterAll(async () => {
  await coordinator?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Without any coordinator: whoever asked one would fail. */
const offline = (...args: readonly string[]) => runCli(args, directory, { env: { LARDER_SECRET: SECRET } });

const larder = (token: string, ...args: readonly string[]) =>
  runCli(args, directory, { env: { LARDER_URL: url, LARDER_TOKEN: token } });

/** The token alone is what comes by stdout. */
async function created(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await offline("token", "create", ...args);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  return stdout.trim();
}

const anything = ["--namespaces", "*", "--scope", "admin", "--expires-in", "1h"] as const;

describe("larder token create", () => {
  it("signs what a coordinator takes, and what that may do and no more", async () => {
    const token = await created(
      ...["--namespaces", "def*", "--cache", "gateway", "--scope", "purge:tags", "--scope", "stats:read"],
      ...["--tag-prefix", "product:*", "--max-entries", "5", "--expires-in", "90d", "--subject", "the shop"],
    );
    await coordinator.load([1, 2]);
    const purged = await larder(token, "purge", "--tag", "product:1", "--cache", "gateway", "--reason", "scoped");
    expect([purged.code, purged.stderr]).toEqual([0, ""]);
    const history = await larder(TOKEN, "history", "--limit", "1", "--json");
    expect(JSON.parse(history.stdout)).toMatchObject({ purges: [{ by: "token:the shop", reason: "scoped" }] });
    for (const [message, ...args] of [
      ["tags that begin with", "purge", "--tag", "page", "--cache", "gateway"],
      ['lacks the scope "purge:all"', "purge", "--all", "--yes", "--cache", "gateway"],
      ["name one", "purge", "--tag", "product:1"],
      ['lacks the scope "entries:read"', "history"],
      ['lacks the scope "schedule"', "schedule", "list"],
      ['lacks the scope "live"', "tail"],
      ['only the namespace "def*"', "stats", "-n", "other", "--cache", "gateway"],
      ['lacks the scope "admin"', "token", "revoked"],
    ] as const) {
      const refused = await larder(token, ...args);
      expect([refused.code, refused.stdout]).toEqual([3, ""]);
      expect(refused.stderr).toContain(message);
    }
    expect((await larder(token, "stats", "--cache", "gateway")).code).toBe(0);
  });

  it("tells of the claims with --json", async () => {
    const { stdout } = await offline("token", "create", ...anything, "--id", "my-id", "--json");
    const { token, claims } = JSON.parse(stdout);
    expect(claims).toMatchObject({ jti: "my-id", larder: { namespaces: ["*"], scopes: ["admin"] } });
    expect(claims.exp - claims.iat).toBe(3600);
    expect((await larder(token, "namespaces")).code).toBe(0);
  });

  it("signs by a private key, as PEM or as JWK, or by a secret that comes from a file or by stdin", async () => {
    const jwk = join(directory, "key.json");
    const { createPrivateKey } = await import("node:crypto");
    const pem = await readFile(join(directory, "key.pem"), "utf8");
    await writeFile(jwk, JSON.stringify(createPrivateKey(pem).export({ format: "jwk" })));
    await writeFile(join(directory, "secret"), `${BEFORE}\n`);
    const piped = await runCli(["token", "create", ...anything, "--secret-file", "-"], directory, {
      input: `${SECRET}\n`,
    });
    for (const token of [
      await created(...anything, "--private-key", join(directory, "key.pem")),
      await created(...anything, "--private-key", jwk),
      await created(...anything, "--secret-file", join(directory, "secret")),
      piped.stdout.trim(),
    ]) {
      expect((await larder(token, "namespaces")).code).toBe(0);
    }
  });

  it("notes that a prefix may mean more than it seems to", async () => {
    const args = ["token", "create", ...anything, "--tag-prefix"];
    const { code, stderr } = await offline(...args, "tenant:acme*");
    expect([code, stderr]).toEqual([0, expect.stringContaining("tags such as tenant:acme0")]);
    expect((await offline(...args, "tenant:acme:*")).stderr).toBe("");
  });

  it.each<[string, readonly string[], RegExp]>([
    ["no scope", ["--namespaces", "a", "--expires-in", "1h"], /required option .*--scope/],
    ["no namespaces", ["--scope", "live", "--expires-in", "1h"], /required option .*--namespaces/],
    ["no end", ["--namespaces", "a", "--scope", "live"], /required option .*--expires-in/],
    [
      "more than a year",
      ["--namespaces", "a", "--scope", "live", "--expires-in", "366d"],
      /--expires-in must be .* at most 365d/,
    ],
    ["no time", ["--namespaces", "a", "--scope", "live", "--expires-in", "0s"], /--expires-in must be at least 1s/],
    [
      "a scope that there is not",
      ["--namespaces", "a", "--scope", "purge", "--expires-in", "1h"],
      /--scope\[0\]: must be one of/,
    ],
    [
      "a namespace that is none",
      ["--namespaces", "a/b", "--scope", "live", "--expires-in", "1h"],
      /--namespaces\[0\]: may hold/,
    ],
    ["a cache that is none", [...anything, "--cache", "a b"], /--cache\[0\]: /],
    ["a prefix with a star inside", [...anything, "--tag-prefix", "a*b"], /--tag-prefix: .*at its end only/],
    ["no entries", [...anything, "--max-entries", "0"], /1 or more/],
    ["an id that is none", [...anything, "--id", "a/b"], /--id: must be 1 to 128/],
    ["two things to sign by", [...anything, "--secret-file", "a", "--private-key", "b"], /cannot be used with/],
    ["a file that is not there", [...anything, "--private-key", "nowhere.pem"], /the private key cannot be read/],
    ["a secret as a flag", [...anything, "--secret", SECRET], /unknown option '--secret'/],
  ])("refuses %s with 2, and signs nothing", async (_, args, message) => {
    const { code, stdout, stderr } = await offline("token", "create", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ["no secret", { LARDER_SECRET: "" }, /signed by what\? Set LARDER_SECRET/],
    ["a short one", { LARDER_SECRET: "short" }, /must be at least 32 bytes/],
  ])("refuses %s, and never repeats it", async (_, env, message) => {
    const { code, stdout, stderr } = await runCli(["token", "create", ...anything], directory, { env });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("short\n");
  });
});

describe("larder token inspect", () => {
  const inspect = (input: string, env: NodeJS.ProcessEnv = {}, ...args: readonly string[]) =>
    runCli(["token", "inspect", ...args], directory, { env: { LARDER_SECRET: "", ...env }, input });

  it("says in words what a token may do, and whether the signature holds", async () => {
    const token = await created(...anything, "--subject", "me", "--tag-prefix", "a:", "--max-entries", "7");
    const seen = await inspect(token, { LARDER_SECRET: SECRET });
    expect([seen.code, seen.stderr]).toEqual([0, ""]);
    expect(seen.stdout).toMatch(/^Id +[0-9a-f-]{36}\nSubject +me\nIssued .*\nExpires .*in 60 min\nScopes +admin\n/);
    expect(seen.stdout).toMatch(/Purges by +tags alone that begin with a:\nA purge hits +at most 7 entries\n/);
    expect(seen.stdout).toMatch(/Signature +HS256; it holds\n$/);
    expect((await inspect(token)).stdout).toMatch(/HS256; not checked: set LARDER_SECRET/);
    const argument = await offline("token", "inspect", token, "--json");
    expect(JSON.parse(argument.stdout)).toMatchObject({ signed: true, algorithm: "HS256", claims: { sub: "me" } });
  });

  it("checks by a public key, too", async () => {
    const token = await created(...anything, "--private-key", join(directory, "key.pem"));
    const seen = await inspect(token, {}, "--public-key", join(directory, "public.pem"));
    expect([seen.code, seen.stdout]).toEqual([0, expect.stringMatching(/EdDSA; it holds\n$/)]);
  });

  it("ends with 1 where a coordinator would not take it, and says why", async () => {
    const token = await created(...anything);
    const wrong = await inspect(token, { LARDER_SECRET: BEFORE });
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("signed by no key known here")]);
    expect(wrong.stdout).toMatch(/it does not hold by any key at hand\n$/);
    const [header = "", , signature = ""] = token.split(".");
    const ended = { jti: "a", iat: 1, exp: 2, larder: { namespaces: ["*"], scopes: ["live"] } };
    const part = (of: object) => Buffer.from(JSON.stringify(of)).toString("base64url");
    const old = await inspect(`${header}.${part(ended)}.${signature}`);
    expect([old.code, old.stderr]).toEqual([1, expect.stringMatching(/expired \d+ d ago/)]);
    const foreign = await inspect(`${header}.${part({ sub: "x" })}.${signature}`);
    expect([foreign.code, foreign.stdout, foreign.stderr]).toEqual([1, "", expect.stringContaining("is required")]);
  });

  it.each([
    ["nothing", ""],
    ["what is no token", "correct horse battery staple"],
    ["what only looks like one", "a.b.c"],
  ])("ends with 2 for %s", async (_, input) => {
    const { code, stdout } = await inspect(input);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("ends with 2 where what it should check by is none", async () => {
    const token = await created(...anything);
    const { code, stderr } = await inspect(token, { LARDER_PUBLIC_KEY: "none" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("LARDER_PUBLIC_KEY: must be an Ed25519 public key")]);
  });
});

describe("larder token revoke", () => {
  it("makes a token invalid within seconds, by its id or by itself, and lists it", async () => {
    const [one, other] = [await created(...anything, "--id", "one"), await created(...anything, "--id", "other")];
    expect((await larder(one, "namespaces")).code).toBe(0);
    const revoked = await larder(TOKEN, "token", "revoke", "one");
    expect([revoked.code, revoked.stdout]).toEqual([0, "Revoked one, everywhere within 5 seconds\n"]);
    const piped = await runCli(["token", "revoke", "-", "--json"], directory, {
      env: { LARDER_URL: url, LARDER_TOKEN: TOKEN },
      input: `${other}\n`,
    });
    const { until: kept } = JSON.parse(piped.stdout) as { until: string };
    expect(Date.parse(kept)).toBeLessThan(Date.now() + 2 * 3_600_000);
    for (const [token, id] of [
      [one, "one"],
      [other, "other"],
    ] as const) {
      await until("it is refused", async () => (await larder(token, "namespaces")).code === 3, 10_000);
      expect((await larder(token, "namespaces")).stderr).toContain(`The token ${id} has been revoked`);
    }
    const listed = await larder(TOKEN, "token", "revoked");
    expect(listed.stdout).toMatch(/^Id +Revoked +By +Kept until\n/);
    expect(listed.stdout).toMatch(/^one +.* token +/m);
  });

  it("is refused to a token that is not an admin's of everything", async () => {
    const token = await created("--namespaces", "default", "--scope", "admin", "--expires-in", "1h");
    const refused = await larder(token, "token", "revoke", "any");
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('it needs "*"')]);
  });

  it("ends with 2 for what is no id", async () => {
    const { code, stderr } = await larder(TOKEN, "token", "revoke", "a b");
    expect([code, stderr]).toEqual([2, expect.stringContaining("id: must be 1 to 128")]);
  });
});

describe("larder token keys", () => {
  it("keeps the private key to its owner, and leaves one that is there as it is", async () => {
    const file = join(directory, "key.pem");
    const before = await readFile(file, "utf8");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await offline("token", "keys", "--private-key", file);
    expect([again.code, again.stdout, again.stderr]).toEqual([2, "", expect.stringContaining("is there already")]);
    expect(await readFile(file, "utf8")).toBe(before);
  });
});

it("a coordinator tells of settings that are no keys, by doctor", async () => {
  const { stdout } = await larder(TOKEN, "doctor");
  expect(stdout).toMatch(/Settings: .*LARDER_SECRET is set, LARDER_SECRET_PREVIOUS is set, LARDER_PUBLIC_KEY is set/);
});
