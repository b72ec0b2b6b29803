import { describe, expect, it } from "vitest";
import { limits } from "../../schema/limits.ts";
import { readJsonObject } from "../../src/api/body.ts";

function post(body: BodyInit | null, contentType: string | null = "application/json"): Request {
  const request = new Request("https://shop.example/", { method: "POST", body });
  if (contentType === null) request.headers.delete("Content-Type");
  else request.headers.set("Content-Type", contentType);
  return request;
}

const ofSize = (bytes: number) => `{"reason":"${"x".repeat(bytes - 13)}"}`;

describe("the body of a request", () => {
  it("is read as a JSON object", async () => {
    expect(await readJsonObject(post('{"tags":["a"]}'))).toEqual({ tags: ["a"] });
  });

  it("may come with parameters and in any case of its type, and with a byte order mark", async () => {
    for (const type of ["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8"]) {
      expect(await readJsonObject(post("\ufeff{}", type))).toEqual({});
    }
  });

  it("is refused with the field content-type when it does not call itself JSON", async () => {
    for (const type of [
      null,
      "",
      "text/plain",
      "application/x-www-form-urlencoded",
      "application/jsonp",
      "text/json",
    ]) {
      await expect(readJsonObject(post("{}", type)), String(type)).rejects.toMatchObject({
        code: "invalid-input",
        field: "content-type",
        message: expect.stringContaining("Content-Type: application/json"),
      });
    }
  });

  it("is refused with the field body when it is no JSON object", async () => {
    const invalidUtf8 = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    for (const body of [null, "", " ", "{", "{'a':1}", "NaN", invalidUtf8, "[]", "null", "1", '"text"', "true"]) {
      await expect(readJsonObject(post(body)), String(body)).rejects.toMatchObject({
        code: "invalid-input",
        field: "body",
      });
    }
  });

  it("may be as large as the limit and not a byte larger", async () => {
    expect(ofSize(20)).toHaveLength(20);
    await expect(readJsonObject(post(ofSize(limits.apiBodyBytes)))).resolves.toHaveProperty("reason");
    await expect(readJsonObject(post(ofSize(limits.apiBodyBytes + 1)))).rejects.toMatchObject({
      code: "body-too-large",
      field: "body",
      limit: limits.apiBodyBytes,
      message: expect.stringContaining(String(limits.apiBodyBytes)),
    });
  });

  it("is counted as it arrives, and the rest of one that is too large is never asked for", async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
      cancel() {
        cancelled = true;
      },
    });
    await expect(readJsonObject(post(endless))).rejects.toMatchObject({ code: "body-too-large" });
    expect(cancelled).toBe(true);
    expect(pulled).toBeLessThan(30);
  });

  it("may nest as deep as the limit allows without harm", async () => {
    const depth = 400_000;
    const nested = await readJsonObject(post(`{"tags":${"[".repeat(depth)}${"]".repeat(depth)}}`));
    expect(Object.keys(nested)).toEqual(["tags"]);
  });

  it("gets __proto__ as a member like any other, which changes no prototype", async () => {
    const value = await readJsonObject(post('{"__proto__":{"everything":true}}'));
    expect(Object.hasOwn(value, "__proto__")).toBe(true);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("everything" in value).toBe(false);
  });
});
