import { expect, test } from "vitest";
import { asLarderError, errorCodes, LarderError } from "../../schema/errors.ts";

/** As an error arrives from beyond an RPC call: a plain Error with the properties of the one that was thrown. */
function arrived(properties: object): Error {
  return Object.assign(new Error("tags: must not be empty"), properties);
}

test("the codes are these, for programs test for them", () => {
  expect(errorCodes).toEqual([
    "invalid-input",
    "body-too-large",
    "forbidden",
    "insufficient-scope",
    "too-many-entries",
    "not-revocable",
    "not-empty",
    "unauthorized",
    "api-closed",
    "not-found",
    "method-not-allowed",
    "upgrade-required",
    "unreachable",
    "not-bound",
    "internal",
  ]);
});

test("an error says its code, and the field and limit it has", () => {
  const error = new LarderError("invalid-input", "tags: too many", { field: "tags", limit: 1000 });
  expect(error).toBeInstanceOf(Error);
  expect({ ...error, message: error.message }).toEqual({
    name: "LarderError",
    code: "invalid-input",
    field: "tags",
    limit: 1000,
    message: "tags: too many",
  });
});

test("a field and a limit are there only where there is one", () => {
  const { field, limit } = new LarderError("unreachable", "no answer");
  expect([field, limit]).toEqual([undefined, undefined]);
});

test("a limit of zero is a limit", () => {
  expect(new LarderError("invalid-input", "negative", { limit: 0 })).toHaveProperty("limit", 0);
});

test("an error of this side is returned as it is", () => {
  const error = new LarderError("forbidden", "no");
  expect(asLarderError(error)).toBe(error);
});

test.each(errorCodes)("%s that has crossed an RPC boundary is revived", (code) => {
  const error = asLarderError(arrived({ name: "LarderError", code, field: "tags[0]", limit: 0, remote: true }));
  expect(error).toBeInstanceOf(LarderError);
  expect(error).toMatchObject({ code, field: "tags[0]", limit: 0, message: "tags: must not be empty" });
  expect(error).not.toHaveProperty("remote");
});

test("a field or limit of the wrong type is left out", () => {
  const error = asLarderError(arrived({ name: "LarderError", code: "forbidden", field: 7, limit: "1000" }));
  expect(error).toEqual(new LarderError("forbidden", "tags: must not be empty"));
  expect([error?.field, error?.limit]).toEqual([undefined, undefined]);
});

test.each([
  ["an error of another kind", new Error("no")],
  ["an error with a code of another program", arrived({ name: "LarderError", code: "ENOENT" })],
  ["an error with our code and another name", arrived({ code: "forbidden" })],
  ["an error with the name alone", arrived({ name: "LarderError" })],
  ["an object that only looks like one", { name: "LarderError", code: "forbidden", message: "no" }],
  ["a string", "forbidden"],
  ["null", null],
  ["nothing", undefined],
])("%s is none of ours", (_, thrown) => {
  expect(asLarderError(thrown)).toBeUndefined();
});
