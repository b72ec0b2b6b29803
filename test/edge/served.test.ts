import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Place, StoredEntry } from "../../schema/entry.ts";
import { respond } from "../../src/edge/respond.ts";
import type { How } from "../../src/edge/served.ts";
import { markServed, serve } from "../../src/edge/served.ts";
import { fromStored, giveOut, toStored } from "../../src/store/stored-form.ts";

const URL = "https://a.example/p";
const PLACE = { key: URL, url: URL, cache: "pages" } as unknown as Place;
const ENTRY: StoredEntry = {
  ...PLACE,
  tags: [],
  permanent: false,
  asOf: { epoch: "e", seq: 0 },
  storedAtMs: 1_800_000_000_000,
  initialAgeSeconds: 0,
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 0,
  staleIfErrorSeconds: 0,
  keepSeconds: 0,
  fillSeconds: 0,
  status: 200,
  bytes: 5,
};
const TELLING = { targetedControl: [], targetedControlToClient: "forward" as const };
const HIT: How = { by: "cache", view: "confirmed" };

function stored(fields: Record<string, string>, status = 200) {
  const response = toStored({ ...ENTRY, status }, new Headers(fields), "whole", ENTRY.storedAtMs);
  const found = fromStored(response, PLACE);
  if (found?.kind !== "entry") throw new Error("no entry");
  return { stored: response, found, body: response.body };
}

function told(response: Response) {
  return { status: response.status, headers: [...response.headers] };
}

describe("an entry's answer", () => {
  const tag = fc.constantFrom('"a"', 'W/"a"', '"b"', "a", "*", "");
  const date = fc.constantFrom("Mon, 01 Jun 2026 12:00:00 GMT", "Mon, 01 Jun 2026 12:00:01 GMT", "0");
  const fields = fc.record(
    {
      etag: tag,
      "last-modified": date,
      date,
      expires: date,
      "cache-control": fc.constant("max-age=60"),
      "cdn-cache-control": fc.constant("max-age=5"),
      "cache-status": fc.constant("Inner; hit"),
      "content-location": fc.constant("/q"),
      "content-type": fc.constant("text/html"),
      vary: fc.constant("Accept"),
      "x-other": fc.constant("1"),
    },
    { requiredKeys: [] },
  );
  const sent = fc.record(
    { "if-none-match": fc.oneof(tag, fc.constant('"x", "a"')), "if-modified-since": date },
    { requiredKeys: [] },
  );

  test("to conditions is what the response made of it would be answered with", () => {
    fc.assert(
      fc.property(
        fields,
        sent,
        fc.constantFrom(200, 404),
        fc.constantFrom("GET", "HEAD"),
        (given, asked, status, method) => {
          const request = new Request(URL, { method, headers: asked });
          const marks = { ageSeconds: 12.5, how: HIT };
          const { stored: response, found } = stored(given, status);
          const whole = giveOut(response, found, null);
          markServed(whole.headers, { found, ...marks });
          const expected = told(respond(request, whole, ENTRY.bytes));
          expect(told(serve(request, { ...stored(given, status), ...marks }, TELLING))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("of 304 cancels the body", async () => {
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream<Uint8Array>({ cancel: () => cancelled.resolve() });
    const request = new Request(URL, { headers: { "if-none-match": '"a"' } });
    const answer = serve(request, { ...stored({ etag: '"a"' }), body, ageSeconds: 1, how: HIT }, TELLING);
    expect([answer.status, answer.body]).toEqual([304, null]);
    await cancelled.promise;
  });
});

test.each<[string, How]>([
  ["Larder; hit; ttl=48", HIT],
  ["Larder; hit; ttl=48; detail=unconfirmed", { by: "cache", view: "unconfirmed" }],
  ["Larder; fwd=stale; fwd-status=304; stored; ttl=48", { by: "confirmation" }],
  ["Larder; fwd=stale; fwd-status=503; ttl=48", { by: "stand-in", view: "confirmed", failure: 503 }],
  ["Larder; fwd=stale; ttl=48; detail=timeout", { by: "stand-in", view: "confirmed", failure: "timeout" }],
  ["Larder; fwd=stale; ttl=48", { by: "stand-in", view: "confirmed", failure: undefined }],
  [
    "Larder; fwd=stale; fwd-status=503; ttl=48; detail=unconfirmed",
    { by: "stand-in", view: "unconfirmed", failure: 503 },
  ],
  ["Larder; fwd=uri-miss; collapsed; ttl=48", { by: "wait", reason: "absent" }],
  ["Larder-Shield; hit; ttl=48, Larder; fwd=stale; stored; ttl=48", { by: "shield", reason: "expired" }],
])("it says how it was found: %s", (status, how) => {
  const answer = serve(new Request(URL), { ...stored({}), ageSeconds: 12, how }, TELLING);
  expect(answer.headers.get("cache-status")).toBe(status);
});
