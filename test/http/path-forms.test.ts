import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ambiguousForm, isAmbiguousPath } from "../../src/http/path-forms.ts";

describe("a path that may be read as another", () => {
  test.each([
    ["//account", "empty-segment"],
    ["/static//x.css", "empty-segment"],
    ["/account//", "empty-segment"],
    ["/a/../b", "dot-segment"],
    ["/a/.", "dot-segment"],
    ["/account/%2e%2E/x", "dot-segment"],
    ["/account/.%2e", "dot-segment"],
    ["/account/..%2fstatic/x.css", "encoded-slash"],
    ["/static/..%2Faccount", "encoded-slash"],
    ["/account%2fx.css", "encoded-slash"],
    ["/static%5caccount", "encoded-slash"],
    ["/static\\account", "backslash"],
    ["/account;x.css", "path-parameter"],
    ["/account/..;/x", "path-parameter"],
    ["/account%3Bx.css", "path-parameter"],
    ["/account%3fx.css", "encoded-delimiter"],
    ["/account%23x.css", "encoded-delimiter"],
    ["/account%00x.css", "control-character"],
    ["/account%0a.css", "control-character"],
    ["/account%7F.css", "control-character"],
    ["/account\0x.css", "control-character"],
    ["/%61ccount", "encoded-unreserved"],
    ["/x%2ecss", "encoded-unreserved"],
    ["/%7euser", "encoded-unreserved"],
    ["/a%5Fb", "encoded-unreserved"],
    ["/p/%31", "encoded-unreserved"],
    ["/account%252fx.css", "double-encoding"],
    ["/a%", "malformed-encoding"],
    ["/a%zz", "malformed-encoding"],
    ["/a%2", "malformed-encoding"],
  ])("%j has the form %s", (path, form) => {
    expect(ambiguousForm(path)).toBe(form);
    expect(isAmbiguousPath(path)).toBe(true);
  });

  test.each([
    "/",
    "",
    "/account",
    "/account/",
    "/static/x.min.css",
    "/.well-known/security.txt",
    "/a/...",
    "/a/..b",
    "/p/caf%C3%A9",
    "/p/a%20b",
    "/p/50%25",
    "/p/a%2Cb%2B",
    "/~user/(a)/b=c,d@e:f!g$h*'&+",
    "/p/[1]|^",
  ])("%j has none", (path) => {
    expect(ambiguousForm(path)).toBeUndefined();
  });

  const unit = fc.constantFrom("a", "Z", "9", ".", "-", "_", "~", "é", " ", "%", "/", "\\", ";", "?", "#", "\n");
  const written = fc.oneof(unit, unit.map(encodeURIComponent), fc.constantFrom("%61", "%2E", "%25", "%2525"));

  test("is every one that servers with different orders of work take apart differently", () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 8 }), (pieces) => {
        const path = new URL(`https://shop.example/${pieces.join("")}`).pathname;
        // Octets that are no UTF-8 are for the server that knows what they are.
        fc.pre(isDecodable(path));
        if (!isAmbiguousPath(path)) expect(splitLate(path), path).toEqual(splitEarly(path));
      }),
      { numRuns: 3000 },
    );
  });
});

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
}

/** A server that decodes once the path is in segments. */
function splitEarly(path: string): readonly string[] {
  return path.split("/").slice(1).map(decodeURIComponent);
}

/** A server that decodes first, ends the path at what may end one, and takes empty and dot segments out. */
function splitLate(path: string): readonly string[] {
  const [read = ""] = decodeURIComponent(path).split(/[;?#\0\n]/);
  const segments = read.split(/[/\\]/).slice(1);
  return segments.filter((segment, at) => (segment !== "" || at === segments.length - 1) && !/^\.\.?$/.test(segment));
}
