import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conditionsFor, freshened, isConfirmedBy, toldByHead } from "../../src/http/freshen.ts";

const MODIFIED = "Mon, 01 Jun 2026 12:00:00 GMT";
const LATER = "Mon, 01 Jun 2026 12:00:01 GMT";

type Fields = Record<string, string>;

describe("the conditions for a stored response", () => {
  const conditions = (fields: Fields) => {
    const found = conditionsFor(new Headers(fields));
    return found === undefined ? undefined : Object.fromEntries(found);
  };

  test("are its ETag and its Last-Modified, both where it has both", () => {
    expect(conditions({ etag: '"a"' })).toEqual({ "if-none-match": '"a"' });
    expect(conditions({ "last-modified": MODIFIED })).toEqual({ "if-modified-since": MODIFIED });
    expect(conditions({ etag: '"a"', "last-modified": MODIFIED, date: LATER })).toEqual({
      "if-none-match": '"a"',
      "if-modified-since": MODIFIED,
    });
  });

  test("a weak ETag is sent as weak, and an old form of date as it came", () => {
    const fields = { etag: 'W/"a,b"', "last-modified": "Monday, 01-Jun-26 12:00:00 GMT" };
    expect(conditions(fields)).toEqual({ "if-none-match": fields.etag, "if-modified-since": fields["last-modified"] });
  });

  test.each([{}, { date: MODIFIED }, { expires: MODIFIED }])("there are none by %j", (fields) => {
    expect(conditions(fields as Fields)).toBeUndefined();
  });

  test.each(["*", "a", "", 'w/"a"', '"a", "b"', '"a'])("%j, which is no entity-tag, is not sent", (etag) => {
    expect(conditions({ etag })).toBeUndefined();
    expect(conditions({ etag, "last-modified": MODIFIED })).toEqual({ "if-modified-since": MODIFIED });
  });

  test.each(["0", "", "2026-06-01", `${MODIFIED}, ${MODIFIED}`])("%j, which is no date, is not sent", (date) => {
    expect(conditions({ "last-modified": date })).toBeUndefined();
    expect(conditions({ etag: '"a"', "last-modified": date })).toEqual({ "if-none-match": '"a"' });
  });
});

describe("a 200 to HEAD tells of a stored response of 5 bytes", () => {
  const told = (stored: Fields, head: Fields, status = 200) =>
    toldByHead({ status, headers: new Headers(stored), sizeBytes: 5 }, new Headers(head));
  const BOTH = { etag: '"a"', "last-modified": MODIFIED };

  test.each<[Fields, Fields]>([
    [{ etag: '"a"' }, { etag: '"a"' }],
    [{ etag: 'W/"a"' }, { etag: 'W/"a"' }],
    [BOTH, { etag: '"a"' }],
    [BOTH, { "last-modified": MODIFIED }],
    [BOTH, { ...BOTH, "content-length": "5" }],
    [{ "last-modified": MODIFIED }, { "last-modified": "Monday, 01-Jun-26 12:00:00 GMT" }],
  ])("that it is as %j says: %j", (stored, head) => {
    expect(told(stored, head)).toBe("confirmed");
  });

  test.each<[Fields, Fields]>([
    [BOTH, { ...BOTH, etag: '"b"' }],
    [BOTH, { ...BOTH, "last-modified": LATER }],
    [BOTH, { ...BOTH, "content-length": "6" }],
    [{ etag: '"a"' }, { etag: 'W/"a"' }],
    [{ etag: '"a"' }, BOTH],
    [{}, { etag: '"a"' }],
    [{}, { "content-length": "6" }],
  ])("that it is no longer as %j says: %j", (stored, head) => {
    expect(told(stored, head)).toBe("outdated");
  });

  test.each<[Fields, Fields]>([
    [BOTH, {}],
    [{}, { "content-length": "5" }],
    [{ etag: "a" }, { etag: "a" }],
    [{ "last-modified": "0" }, { "last-modified": "0" }],
  ])("nothing that counts of %j: %j", (stored, head) => {
    expect(told(stored, head)).toBe("nothing");
  });

  test("by its length only where neither is encoded", () => {
    const gzip = { "content-encoding": "gzip" };
    expect(told({ ...BOTH, ...gzip }, { ...BOTH, ...gzip, "content-length": "3" })).toBe("confirmed");
    expect(told(BOTH, { ...BOTH, ...gzip, "content-length": "3" })).toBe("confirmed");
  });

  test("that one of another status is not what there is now", () => {
    expect(told(BOTH, BOTH, 404)).toBe("outdated");
  });
});

describe("a 304 is about the stored response", () => {
  const isConfirmed = (stored: Fields, notModified: Fields) =>
    isConfirmedBy(new Headers(stored), new Headers(notModified));

  test("where it has the same strong tag, and no other", () => {
    expect(isConfirmed({ etag: '"a"' }, { etag: '"a"' })).toBe(true);
    expect(isConfirmed({ etag: '"a"' }, { etag: '"b"' })).toBe(false);
    expect(isConfirmed({ etag: 'W/"a"' }, { etag: '"a"' })).toBe(false);
    expect(isConfirmed({}, { etag: '"a"' })).toBe(false);
  });

  test("and a strong tag that differs is not made good by a date that does not", () => {
    const dated = { "last-modified": MODIFIED };
    expect(isConfirmed({ etag: '"a"', ...dated }, { etag: '"b"', ...dated })).toBe(false);
    expect(isConfirmed(dated, { etag: '"b"', ...dated })).toBe(false);
  });

  test("where it has a weak tag that is the same between the quotes", () => {
    expect(isConfirmed({ etag: 'W/"a"' }, { etag: 'W/"a"' })).toBe(true);
    expect(isConfirmed({ etag: '"a"' }, { etag: 'W/"a"' })).toBe(true);
    expect(isConfirmed({ etag: '"a"' }, { etag: 'W/"b"' })).toBe(false);
    expect(isConfirmed({}, { etag: 'W/"a"' })).toBe(false);
  });

  test("where it names the same time, in whatever form, and the tags say nothing", () => {
    const stored = { "last-modified": MODIFIED };
    expect(isConfirmed(stored, { "last-modified": "Monday, 01-Jun-26 12:00:00 GMT" })).toBe(true);
    expect(isConfirmed(stored, { "last-modified": MODIFIED, etag: 'W/"new"' })).toBe(true);
    expect(isConfirmed({ ...stored, etag: '"a"' }, { "last-modified": MODIFIED })).toBe(true);
    expect(isConfirmed(stored, { "last-modified": LATER })).toBe(false);
    expect(isConfirmed({ etag: '"a"' }, { "last-modified": MODIFIED })).toBe(false);
  });

  test("where it names no validator at all", () => {
    expect(isConfirmed({}, {})).toBe(true);
    expect(isConfirmed({ etag: '"a"', "last-modified": MODIFIED }, { "cache-control": "max-age=60" })).toBe(true);
  });
});

describe("the header fields after a 304", () => {
  const merged = (stored: Fields, notModified: Fields) =>
    Object.fromEntries(freshened(new Headers(stored), new Headers(notModified)));

  test("are those stored, those of the 304 in their place, and those it adds", () => {
    const stored = { "cache-control": "max-age=1", "content-type": "text/html", "x-old": "1", vary: "Origin" };
    const notModified = { "Cache-Control": "max-age=60", etag: '"a"', expires: LATER };
    expect(merged(stored, notModified)).toEqual({
      "cache-control": "max-age=60",
      "content-type": "text/html",
      etag: '"a"',
      expires: LATER,
      vary: "Origin",
      "x-old": "1",
    });
  });

  test("several stored lines give way to the one of the 304, and one to several", () => {
    const stored = new Headers({ "x-one": "1" });
    stored.append("x-several", "1");
    stored.append("x-several", "2");
    const notModified = new Headers({ "x-several": "3" });
    notModified.append("x-one", "2");
    notModified.append("x-one", "3");
    expect([...freshened(stored, notModified)]).toEqual([
      ["x-one", "2, 3"],
      ["x-several", "3"],
    ]);
  });

  test.each([
    ["content-type", "text/plain", "text/plain;charset=utf-8"],
    ["content-location", "/a", "/b"],
    ["content-security-policy", "default-src 'self'", "default-src 'none'"],
    ["content-md5", "rL0Y20zC+Fzt72VPzMSk2A==", "N7UdGUp1E+RbVvZSTy1R8g=="],
    ["content-foo", "a", "b"],
    ["last-modified", MODIFIED, LATER],
    ["cache-tag", "a", "b"],
  ])("%s is updated: its name may begin with Content-, the rule is for all", (name, old, fresh) => {
    expect(merged({ [name]: old }, { [name]: fresh })).toEqual({ [name]: fresh });
    expect(merged({}, { [name]: fresh })).toEqual({ [name]: fresh });
    expect(merged({ [name]: old }, {})).toEqual({ [name]: old });
  });

  test.each(["content-length", "content-encoding", "content-range"])("%s stays as stored", (name) => {
    expect(merged({ [name]: "stored" }, { [name]: "fresh" })).toEqual({ [name]: "stored" });
    expect(merged({}, { [name]: "fresh" })).toEqual({});
  });

  test("what is for one connection, or for a proxy, is not taken over", () => {
    const notModified = {
      connection: "close, X-Named",
      "keep-alive": "timeout=5",
      "proxy-authenticate": "Basic",
      "proxy-authentication-info": 'nextnonce="x"',
      "proxy-authorization": "Basic eA==",
      "proxy-connection": "keep-alive",
      te: "trailers",
      "transfer-encoding": "chunked",
      upgrade: "websocket",
      "x-named": "fresh",
      "x-other": "fresh",
    };
    expect(merged({ "x-named": "stored" }, notModified)).toEqual({ "x-named": "stored", "x-other": "fresh" });
  });

  test.each([
    ["age", "100", "3"],
    ["date", MODIFIED, LATER],
    ["cache-status", "Upstream; hit, Larder; hit; ttl=-5", "Upstream; fwd=stale"],
  ])("%s is that of the 304, even where it has none", (name, old, fresh) => {
    expect(merged({ [name]: old }, { [name]: fresh })).toEqual({ [name]: fresh });
    expect(merged({ [name]: old }, {})).toEqual({});
    expect(merged({}, { [name]: fresh })).toEqual({ [name]: fresh });
  });

  test("cookies of the 304 are there to be seen, each on its line", () => {
    const stored = new Headers({ etag: '"a"' });
    stored.append("set-cookie", "old=1");
    expect(freshened(stored, new Headers()).getSetCookie()).toEqual(["old=1"]);
    const notModified = new Headers();
    notModified.append("set-cookie", "a=1; Expires=Mon, 01 Jun 2026 12:00:00 GMT");
    notModified.append("set-cookie", "b=2");
    expect(freshened(stored, notModified).getSetCookie()).toEqual(notModified.getSetCookie());
  });

  test("are a copy, and both arguments stay as they are", () => {
    const stored = new Headers({ age: "1", "x-a": "stored" });
    const notModified = new Headers({ age: "2", "x-a": "fresh" });
    freshened(stored, notModified).set("x-b", "added");
    expect([...stored]).toEqual([
      ["age", "1"],
      ["x-a", "stored"],
    ]);
    expect([...notModified]).toEqual([
      ["age", "2"],
      ["x-a", "fresh"],
    ]);
  });

  test("are the same when the same 304 comes twice", () => {
    const name = fc.constantFrom("age", "cache-control", "connection", "content-length", "date", "etag", "vary", "x-a");
    const fields = fc.dictionary(name, fc.stringMatching(/^[a-z]{1,5}$/));
    fc.assert(
      fc.property(fields, fields, (stored, notModified) => {
        const once = freshened(new Headers(stored), new Headers(notModified));
        expect([...freshened(once, new Headers(notModified))]).toEqual([...once]);
      }),
    );
  });
});
