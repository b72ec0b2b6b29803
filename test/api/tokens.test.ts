import { exportJWK, exportSPKI, generateKeyPair } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { hasTokenForm } from "../../src/api/claims.ts";
import type { KeySettings } from "../../src/api/token-keys.ts";
import { refusalOf } from "../support/refusal.ts";
import { claims, nowSeconds, SECRET, signed, tokensBy } from "../support/tokens.ts";

const OTHER_SECRET = "another secret, which the coordinator does not know";

let pair: { publicKey: CryptoKey; privateKey: CryptoKey };
let older: typeof pair;
let pem: string;

beforeAll(async () => {
  pair = await generateKeyPair("EdDSA", { extractable: true });
  older = await generateKeyPair("EdDSA", { extractable: true });
  pem = await exportSPKI(pair.publicKey);
});

const check = (token: string, settings?: KeySettings) => tokensBy(settings).check(token, Date.now());

/** Why a token is not taken. */
async function refused(token: string | Promise<string>, settings?: KeySettings): Promise<string> {
  const { code, message } = await refusalOf(check(await token, settings));
  expect(code).toBe("unauthorized");
  return message;
}

const UNKNOWN_KEY = /^The token is signed by no key known here/;
const encoded = (part: object) =>
  btoa(JSON.stringify(part)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

describe("a token is taken", () => {
  it("that is signed by the secret, with what it says", async () => {
    const payload = claims({ scopes: ["live"], caches: ["pages"], tagPrefix: "tenant:acme:*", maxEntries: 5 });
    expect(await check(await signed(payload))).toEqual({
      ...payload,
      larder: { ...(payload["larder"] as object), tagPrefix: "tenant:acme:" },
    });
  });

  it.each(["EdDSA", "Ed25519"])("that is signed for the public key by %s, given as PEM or as JWK", async (alg) => {
    const token = await signed(claims(), pair.privateKey, { alg });
    for (const text of [pem, pem.trim().replaceAll("\n", "\\n"), JSON.stringify(await exportJWK(pair.publicKey))]) {
      expect(await check(token, { LARDER_PUBLIC_KEY: text })).toMatchObject({ larder: { namespaces: ["*"] } });
    }
  });

  it("while the clocks differ by less than a minute, whichever is ahead", async () => {
    const ended = claims({}, { iat: nowSeconds() - 100, exp: nowSeconds() - 50 });
    const early = claims({}, { iat: nowSeconds() + 50, nbf: nowSeconds() + 50 });
    for (const payload of [ended, early]) expect(await check(await signed(payload))).toMatchObject(payload);
  });

  it.each([{ aud: "larder" }, { aud: ["other", "larder"] }, { iss: "ci" }, { sub: "deploys of the shop" }])(
    "with %j",
    async (more) => {
      expect(await check(await signed(claims({}, more)))).toMatchObject(more);
    },
  );
});

describe("a token is refused", () => {
  it("that has been tampered with", async () => {
    const [header, payload, signature] = (await signed(claims({ scopes: ["live"] }))).split(".") as [
      string,
      string,
      string,
    ];
    const more = encoded({ ...claims({ scopes: ["admin"] }) });
    expect(await refused(`${header}.${more}.${signature}`)).toMatch(UNKNOWN_KEY);
    const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    expect(await refused(`${header}.${payload}.${flipped}`)).toMatch(UNKNOWN_KEY);
    expect(await refused(`${header}.${payload}.`)).toMatch(/^The token/);
  });

  it("that is signed by nothing, whatever its algorithm is called", async () => {
    for (const alg of ["none", "None", "NONE", "", "HS256"]) {
      const token = `${encoded({ alg })}.${encoded(claims())}.`;
      expect(hasTokenForm(token)).toBe(true);
      expect(await refused(token)).toMatch(/^The token/);
      expect(await refused(token, { LARDER_PUBLIC_KEY: pem })).toMatch(/^The token/);
    }
  });

  it("that is signed by the text of the public key, as if that were a secret", async () => {
    const jwk = JSON.stringify(await exportJWK(pair.publicKey));
    for (const text of [pem, pem.trim(), jwk]) {
      const token = await signed(claims(), text);
      expect(await refused(token, { LARDER_PUBLIC_KEY: text })).toMatch(UNKNOWN_KEY);
      expect(await refused(token, { LARDER_PUBLIC_KEY: text, LARDER_SECRET: SECRET })).toMatch(UNKNOWN_KEY);
    }
  });

  it("by another secret, another key, or another hash than the one there is", async () => {
    expect(await refused(signed(claims(), OTHER_SECRET))).toMatch(UNKNOWN_KEY);
    expect(await refused(signed(claims(), older.privateKey, { alg: "EdDSA" }), { LARDER_PUBLIC_KEY: pem })).toMatch(
      UNKNOWN_KEY,
    );
    expect(await refused(signed(claims(), SECRET.padEnd(64, "x"), { alg: "HS512" }))).toMatch(UNKNOWN_KEY);
    const longer = { LARDER_SECRET: SECRET.padEnd(64, "x") };
    expect(await refused(signed(claims(), SECRET.padEnd(64, "x"), { alg: "HS512" }), longer)).toMatch(UNKNOWN_KEY);
  });

  it("that brings its own key, or wants what is not known here", async () => {
    const jwk = await exportJWK(older.publicKey);
    const own = signed(claims(), older.privateKey, { alg: "EdDSA", jwk, kid: "1", jku: "https://evil.example/keys" });
    expect(await refused(own, { LARDER_PUBLIC_KEY: pem })).toMatch(UNKNOWN_KEY);
    const [, payload, signature] = (await signed(claims())).split(".") as [string, string, string];
    const critical = `${encoded({ alg: "HS256", crit: ["new"], new: 1 })}.${payload}.${signature}`;
    expect(await refused(critical)).toMatch(/^The token cannot be read as a signed JWT/);
  });

  it.each<[string, object, RegExp]>([
    ["expired", { iat: nowSeconds() - 7200, exp: nowSeconds() - 61 }, /^The token expired at \d{4}-\d\d-\d\dT[\d:]+Z/],
    ["is not valid yet", { nbf: nowSeconds() + 120 }, /^The token is not valid before \d{4}-/],
    ["was issued in the future", { iat: nowSeconds() + 120 }, /^The token was issued at \d{4}-.*yet to come/],
    ["never ends", { exp: undefined }, /^The token must have the claim exp/],
    ["has no id", { jti: undefined }, /^The token must have the claim jti/],
    ["says not when it was issued", { iat: undefined }, /^The token must have the claim iat/],
    ["lives longer than a year", { exp: nowSeconds() + 31_536_060 }, /exp: must be at most 31536000 seconds/],
    ["ends at no time", { exp: "tomorrow" }, /^The token's claim exp is not as it must be/],
    ["ends in milliseconds", { iat: Date.now(), exp: Date.now() + 1000 }, /iat: must be seconds/],
    ["is for another audience", { aud: "shop" }, /aud: must be "larder"/],
    ["is for other audiences", { aud: ["shop", "till"] }, /aud: must be "larder"/],
    ["has a claim that is not known", { scope: "live" }, /: scope: is not an option of Larder/],
    ["has an id that is no id", { jti: "../x" }, /: jti: must be 1 to 128 letters/],
    ["has an id of a path", { jti: ".." }, /: jti: must be 1 to 128 letters/],
    ["has a subject with a line break", { sub: "a\nb" }, /: sub: must be 1 to 128 characters/],
    ["says nothing of Larder", { larder: undefined }, /: larder: is required/],
    ["says everything of Larder", { larder: "*" }, /: larder: /],
  ])("that %s", async (_, more, message) => {
    expect(await refused(signed(claims({}, more)))).toMatch(message);
  });

  it.each<[string, object, RegExp]>([
    ["a restriction that is not known", { cache: ["pages"] }, /larder\.cache: is not an option of Larder/],
    ["a scope that is not known", { scopes: ["live", "purge"] }, /larder\.scopes\[1\]: must be one of stats:read/],
    ["no scopes", { scopes: undefined }, /larder\.scopes: is required/],
    ["an empty list of scopes", { scopes: [] }, /larder\.scopes: must name at least one/],
    ["no namespaces", { namespaces: undefined }, /larder\.namespaces: is required/],
    ["an empty list of namespaces", { namespaces: [] }, /larder\.namespaces: must name at least one/],
    ["a pattern of another kind", { namespaces: ["a/**"] }, /larder\.namespaces\[0\]: may hold only/],
    ["an empty list of caches", { caches: [] }, /larder\.caches: must name at least one/],
    ["an empty prefix", { tagPrefix: "*" }, /larder\.tagPrefix: must say what tags begin with/],
    ["a prefix with a star inside", { tagPrefix: "a*b" }, /larder\.tagPrefix: .*at its end only/],
    ["no entries at all", { maxEntries: 0 }, /larder\.maxEntries: must be at least 1/],
    ["too many caches", { caches: Array.from({ length: 101 }, (_, at) => `c${at}`) }, /larder\.caches: .*at most 100/],
  ])("that says of Larder %s", async (_, larder, message) => {
    expect(await refused(signed(claims(larder)))).toMatch(message);
  });

  it("by the time that it is checked at", async () => {
    const token = await signed(claims());
    const { message } = await refusalOf(tokensBy().check(token, Date.now() + 2 * 3_600_000));
    expect(message).toMatch(/^The token expired at /);
  });

  it("that is huge, before anything is read of it", async () => {
    const token = await signed(claims({}, { iss: "x".repeat(9000) }));
    expect(await refused(token)).toMatch(/^The token is longer than 8192 characters/);
  });

  it.each(["a.b.c", "e30.e30.e30", `${"A".repeat(20)}.${"B".repeat(20)}.${"C".repeat(20)}`, "..", "-._.-"])(
    "that only looks like one: %s",
    async (token) => {
      if (hasTokenForm(token)) expect(await refused(token)).toMatch(/^The token/);
      else expect(token).toBe("..");
    },
  );
});

describe("keys rotate", () => {
  it("with two secrets valid at once, and only then", async () => {
    const [before, after] = await Promise.all([signed(claims(), OTHER_SECRET), signed(claims())]);
    const both = { LARDER_SECRET: SECRET, LARDER_SECRET_PREVIOUS: OTHER_SECRET };
    for (const token of [before, after])
      expect(await check(token, both)).toMatchObject({ larder: { scopes: ["admin"] } });
    expect(await refused(before, { LARDER_SECRET: SECRET })).toMatch(UNKNOWN_KEY);
    expect(await check(after, { LARDER_SECRET: SECRET })).toBeDefined();
  });

  it("with two public keys, and beside secrets", async () => {
    const all = {
      LARDER_SECRET: SECRET,
      LARDER_PUBLIC_KEY: pem,
      LARDER_PUBLIC_KEY_PREVIOUS: await exportSPKI(older.publicKey),
    };
    for (const token of [
      signed(claims()),
      signed(claims(), pair.privateKey, { alg: "EdDSA" }),
      signed(claims(), older.privateKey, { alg: "EdDSA" }),
    ]) {
      expect(await check(await token, all)).toMatchObject({ larder: { scopes: ["admin"] } });
    }
  });
});

describe("a key that is none", () => {
  it.each<[string, () => KeySettings | Promise<KeySettings>, RegExp]>([
    ["a short secret", () => ({ LARDER_SECRET: "x".repeat(31) }), /^LARDER_SECRET: must be at least 32 bytes/],
    ["a padded one", () => ({ LARDER_SECRET: `${"x".repeat(31)}\n\n` }), /^LARDER_SECRET: must be at least 32 bytes/],
    ["a short one before", () => ({ LARDER_SECRET_PREVIOUS: "short" }), /^LARDER_SECRET_PREVIOUS: must be at least/],
    ["no PEM", () => ({ LARDER_PUBLIC_KEY: "ssh-ed25519 AAAA" }), /^LARDER_PUBLIC_KEY: must be an Ed25519 public key/],
    ["no JSON", () => ({ LARDER_PUBLIC_KEY_PREVIOUS: "{" }), /^LARDER_PUBLIC_KEY_PREVIOUS: must be an Ed25519/],
    [
      "a key of another kind",
      async () => ({ LARDER_PUBLIC_KEY: await exportSPKI((await generateKeyPair("ES256")).publicKey) }),
      /^LARDER_PUBLIC_KEY: must be an Ed25519 public key/,
    ],
    [
      "a private key",
      async () => ({ LARDER_PUBLIC_KEY: JSON.stringify(await exportJWK(pair.privateKey)) }),
      /^LARDER_PUBLIC_KEY: holds a private key/,
    ],
    ["a secret as JWK", () => ({ LARDER_PUBLIC_KEY: '{"kty":"oct","k":"c2VjcmV0"}' }), /^LARDER_PUBLIC_KEY: must be/],
  ])("is told of and never used: %s", async (_, settingsOf, message) => {
    const settings = await settingsOf();
    const [problem, ...others] = await tokensBy(settings).problems();
    expect(problem).toMatch(message);
    expect(others).toEqual([]);
    for (const text of Object.values(settings)) expect(problem).not.toContain(text);
    expect(await refused(signed(claims()), settings)).toMatch(UNKNOWN_KEY);
  });

  it("leaves the others as they are", async () => {
    const settings = { LARDER_SECRET: SECRET, LARDER_SECRET_PREVIOUS: "short", LARDER_PUBLIC_KEY: "none" };
    expect(await check(await signed(claims()), settings)).toBeDefined();
    expect(await tokensBy(settings).problems()).toHaveLength(2);
  });

  it("does not open the API, unless it can only be read with the library", () => {
    expect(tokensBy({}).areTaken).toBe(false);
    expect(tokensBy({ LARDER_SECRET: " ", LARDER_PUBLIC_KEY: "" }).areTaken).toBe(false);
    expect(tokensBy({ LARDER_SECRET: "short" }).areTaken).toBe(false);
    expect(tokensBy({ LARDER_SECRET: SECRET }).areTaken).toBe(true);
    expect(tokensBy({ LARDER_PUBLIC_KEY: pem }).areTaken).toBe(true);
  });
});
