import { describe, expect, it } from "vitest";
import type { NamespaceObject } from "../../src/api/route.ts";
import { createApi } from "../../src/api/router.ts";

const TOKEN = "correct horse battery staple";

/** An API in front of nothing: whoever gets past the guard is told so by the error of the namespace. */
function guardedBy(token: string | undefined) {
  const namespace = (): NamespaceObject => {
    throw new Error("the guard let the request through");
  };
  return createApi({ prefix: "/.larder", token, namespace, directory: namespace });
}

function statsRequest(authorization?: string): Request {
  const headers = authorization === undefined ? {} : { Authorization: authorization };
  return new Request("https://shop.example/.larder/v1/caches/storefront/stats", { headers });
}

async function code(response: Response): Promise<unknown> {
  const { code } = await response.json<{ code: unknown }>();
  return code;
}

describe("without a token configured", () => {
  for (const [name, token] of [
    ["undefined", undefined],
    ["empty", ""],
    ["blank", "  "],
  ] as const) {
    it(`is closed to everyone when the token is ${name}, and says how to open it`, async () => {
      for (const authorization of [undefined, "Bearer ", "Bearer undefined", `Bearer ${token ?? ""}`]) {
        const response = await guardedBy(token)(statsRequest(authorization));
        expect(response.status).toBe(403);
        expect(response.headers.get("Content-Type")).toBe("application/problem+json");
        expect(await response.json()).toMatchObject({
          type: "urn:larder:problem:api-closed",
          status: 403,
          code: "api-closed",
          detail: expect.stringMatching(/wrangler secret put LARDER_TOKEN.*\.dev\.vars/),
        });
      }
    });
  }
});

describe("with a token configured", () => {
  const api = guardedBy(TOKEN);

  it("asks a request without credentials for a token, and names no error (RFC 6750 section 3.1)", async () => {
    for (const authorization of [undefined, "", "Basic dXNlcjpwYXNz", "Bearer", `Token ${TOKEN}`]) {
      const response = await api(statsRequest(authorization));
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="larder"');
      expect(await response.json()).toMatchObject({
        code: "unauthorized",
        detail: expect.stringContaining("LARDER_TOKEN"),
      });
    }
  });

  it("refuses a wrong token of any length, and says it is the token", async () => {
    for (const token of [
      "x",
      TOKEN.slice(0, -1),
      `${TOKEN}!`,
      TOKEN.toUpperCase(),
      `${TOKEN}, Bearer ${TOKEN}`,
      "y".repeat(9000),
    ]) {
      const response = await api(statsRequest(`Bearer ${token}`));
      expect(response.status).toBe(401);
      expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="larder", error="invalid_token"');
      const text = await response.text();
      expect(text).toContain('"code":"unauthorized"');
      expect(text).not.toContain(TOKEN);
    }
  });

  it("lets the right token through, in whatever case the scheme is written", async () => {
    // A name the guard lets through fails later, at its broken escape.
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      const request = new Request("https://shop.example/.larder/v1/caches/%E0/stats", {
        headers: { Authorization: `${scheme} ${TOKEN}` },
      });
      expect(await code(await api(request))).toBe("invalid-input");
    }
  });

  it("refuses before it reads the body or asks the namespace", async () => {
    const request = new Request("https://shop.example/.larder/v1/caches/larder/purge", { method: "POST", body: "{" });
    expect(await code(await api(request))).toBe("unauthorized");
    expect(request.bodyUsed).toBe(false);
  });
});
