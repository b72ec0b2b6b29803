import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LarderError } from "../../schema/errors.ts";
import { problemOf } from "../../src/api/problem.ts";

interface Problem {
  readonly code: string;
  readonly detail: string;
}

const logged = vi.spyOn(console, "error");

/** What of something that was thrown is to be found in the log. */
function messageOf(thrown: unknown): string {
  if (thrown === undefined) return "a request to the API failed";
  return thrown instanceof Error ? thrown.message : String(thrown);
}

beforeEach(() => {
  logged.mockImplementation(() => {});
});

afterEach(() => {
  logged.mockReset();
});

describe("an error of Larder", () => {
  it("becomes a problem document with its code, field and limit", async () => {
    const response = problemOf(
      new LarderError("invalid-input", "tags[3]: too long", { field: "tags[3]", limit: 1024 }),
    );
    expect(response.status).toBe(400);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
    expect(await response.json()).toEqual({
      type: "urn:larder:problem:invalid-input",
      title: "Invalid input",
      status: 400,
      detail: "tags[3]: too long",
      code: "invalid-input",
      field: "tags[3]",
      limit: 1024,
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it("is known again when the object has thrown it and it lost its class on its way over RPC", async () => {
    const thrown = await env.NAMESPACES.getByName(crypto.randomUUID())
      .stats({ since: null }, { cache: "c".repeat(129) })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(thrown).not.toBeInstanceOf(LarderError);
    const response = problemOf(thrown);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: "invalid-input", field: "cache", limit: 128 });
    expect(text).not.toMatch(/stack|\.ts/);
  });

  it("keeps the status of its code", async () => {
    const crossed = Object.assign(new Error("cache: too long"), {
      name: "LarderError",
      code: "forbidden",
      remote: true,
    });
    const response = problemOf(crossed);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "forbidden", detail: "cache: too long" });
  });

  it("says when to come back if it is that the namespace did not answer", () => {
    const response = problemOf(new LarderError("unreachable", "no answer"));
    expect(response.status).toBe(503);
    expect(response.headers.get("Retry-After")).toMatch(/^\d+$/);
  });
});

describe("a failure of the platform", () => {
  for (const [name, error] of [
    ["a lost connection", new Error("Network connection lost.")],
    ["a retryable error", Object.assign(new Error("Internal error in Durable Object storage"), { retryable: true })],
    ["a reset of the object", Object.assign(new Error("exceeded its memory limit"), { durableObjectReset: true })],
  ] as const) {
    it(`such as ${name} is answered by 503, to be tried again soon`, async () => {
      const response = problemOf(error);
      expect(response.status).toBe(503);
      expect(response.headers.get("Retry-After")).toBe("1");
      const text = await response.text();
      expect(text).toContain('"code":"unreachable"');
      expect(text).toContain("send the request again");
      expect(text).not.toContain(error.message);
      expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(messageOf(error)));
    });
  }

  it("such as an overload is answered by 503, to be left alone for a while even if it is marked retryable", async () => {
    const response = problemOf(
      Object.assign(new Error("Too many requests queued."), { overloaded: true, retryable: true }),
    );
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(1);
    expect((await response.json<Problem>()).code).toBe("unreachable");
  });
});

describe("anything else that was thrown", () => {
  for (const [name, thrown] of [
    ["an error", new TypeError("secret at /home/build/file.ts:12")],
    ["an error with a made-up code", Object.assign(new Error("secret"), { name: "LarderError", code: "no-such-code" })],
    ["a string", "secret"],
    ["undefined", undefined],
  ] as const) {
    it(`such as ${name} is told to the log and not to the client`, async () => {
      const response = problemOf(thrown);
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ type: "urn:larder:problem:internal", code: "internal", status: 500 });
      expect(text).not.toMatch(/secret|TypeError|\.ts|stack/);
      expect(logged).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(messageOf(thrown)));
    });
  }
});
