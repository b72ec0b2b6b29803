import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notModifiedHeaders, preconditionOutcome } from "../../src/http/conditional.ts";

const MODIFIED = "Mon, 01 Jun 2026 12:00:00 GMT";
const EARLIER = "Mon, 01 Jun 2026 11:59:59 GMT";
const LATER = "Mon, 01 Jun 2026 12:00:01 GMT";

function outcome(request: Record<string, string>, fields: Record<string, string>, status = 200) {
  return preconditionOutcome(new Headers(request), { status, headers: new Headers(fields) });
}

test("a request without preconditions is sent the entry", () => {
  expect(outcome({}, { etag: '"a"', "last-modified": MODIFIED })).toBe("send");
});

describe("If-None-Match", () => {
  test.each(['"a"', 'W/"a"', '"x", "a"', '"x,y", W/"a" ,', "*", " * "])('%j matches the tag "a"', (text) => {
    expect(outcome({ "if-none-match": text }, { etag: '"a"' })).toBe("not-modified");
    expect(outcome({ "if-none-match": text }, { etag: 'W/"a"' })).toBe("not-modified");
  });

  test.each(['"b"', '"A"', "a", '"x,"a"', '"a" "b"', '"a", *', '"x, "a"'])("%j does not match it", (text) => {
    expect(outcome({ "if-none-match": text }, { etag: '"a"' })).toBe("send");
  });

  test("a tag with a comma in it is one tag", () => {
    expect(outcome({ "if-none-match": '"a,b"' }, { etag: '"a,b"' })).toBe("not-modified");
    expect(outcome({ "if-none-match": '"x", "a,b"' }, { etag: '"b"' })).toBe("send");
  });

  test("an asterisk matches an entry without a tag, a tag does not", () => {
    expect(outcome({ "if-none-match": "*" }, {})).toBe("not-modified");
    expect(outcome({ "if-none-match": '"a"' }, {})).toBe("send");
    expect(outcome({ "if-none-match": "a" }, { etag: "a" })).toBe("send");
  });

  test("several lines are one list", () => {
    const headers = new Headers({ "if-none-match": '"x"' });
    headers.append("if-none-match", '"a"');
    expect(preconditionOutcome(headers, { status: 200, headers: new Headers({ etag: '"a"' }) })).toBe("not-modified");
  });

  test("goes before If-Modified-Since, even when malformed", () => {
    const fields = { etag: '"a"', "last-modified": MODIFIED };
    expect(outcome({ "if-none-match": '"b"', "if-modified-since": LATER }, fields)).toBe("send");
    expect(outcome({ "if-none-match": "junk", "if-modified-since": LATER }, fields)).toBe("send");
    expect(outcome({ "if-none-match": '"a"', "if-modified-since": EARLIER }, fields)).toBe("not-modified");
  });
});

describe("If-Modified-Since", () => {
  test("is compared with Last-Modified", () => {
    const fields = { "last-modified": MODIFIED };
    expect(outcome({ "if-modified-since": EARLIER }, fields)).toBe("send");
    expect(outcome({ "if-modified-since": MODIFIED }, fields)).toBe("not-modified");
    expect(outcome({ "if-modified-since": LATER }, fields)).toBe("not-modified");
  });

  test("is compared with Date where there is no Last-Modified", () => {
    expect(outcome({ "if-modified-since": EARLIER }, { date: MODIFIED })).toBe("send");
    expect(outcome({ "if-modified-since": LATER }, { date: MODIFIED })).toBe("not-modified");
    expect(outcome({ "if-modified-since": LATER }, {})).toBe("send");
  });

  test("is ignored when either date is invalid", () => {
    expect(outcome({ "if-modified-since": "2030-01-01" }, { "last-modified": MODIFIED })).toBe("send");
    expect(outcome({ "if-modified-since": `${LATER}, ${LATER}` }, { "last-modified": MODIFIED })).toBe("send");
    expect(outcome({ "if-modified-since": LATER }, { "last-modified": "0", date: EARLIER })).toBe("send");
  });
});

test.each([201, 204, 301, 404, 500])("an entry of status %i is sent whatever the preconditions", (status) => {
  expect(outcome({ "if-none-match": "*" }, { etag: '"a"' }, status)).toBe("send");
  expect(outcome({ "if-modified-since": LATER }, { "last-modified": MODIFIED }, status)).toBe("send");
});

test("no header text makes it throw", () => {
  const text = fc.stringMatching(/^[\x20-\x7e]*$/);
  fc.assert(
    fc.property(text, text, text, (ifNoneMatch, ifModifiedSince, etag) => {
      outcome({ "if-none-match": ifNoneMatch }, { etag });
      outcome({ "if-modified-since": ifModifiedSince }, { "last-modified": etag });
    }),
  );
});

test("a 304 carries what chooses and refreshes the stored response, and nothing of its content", () => {
  const headers = new Headers({
    age: "3",
    "cache-control": "max-age=60",
    "cache-status": "Larder; hit",
    "content-encoding": "gzip",
    "content-length": "12",
    "content-location": "/a",
    "content-type": "text/html",
    date: MODIFIED,
    etag: '"a"',
    expires: LATER,
    "last-modified": EARLIER,
    "set-cookie": "a=1",
    vary: "Origin",
    "x-other": "1",
  });
  const names = Object.keys(notModifiedHeaders(headers));
  expect(names).toEqual([
    "age",
    "cache-control",
    "cache-status",
    "content-location",
    "date",
    "etag",
    "expires",
    "vary",
  ]);
  headers.delete("etag");
  expect(notModifiedHeaders(headers)["last-modified"]).toBe(EARLIER);
});
