import { describe, expect, it } from "vitest";
import { decodeUnlessAccepted } from "../../src/http/content-coding.ts";

/** The coding and the validator that are left for a client with that `Accept-Encoding`. */
function left(accepted: string | undefined, fields: Record<string, string>) {
  const headers = new Headers(fields);
  decodeUnlessAccepted(new Headers(accepted === undefined ? {} : { "accept-encoding": accepted }), headers);
  return [headers.get("content-encoding"), headers.get("etag")];
}

describe("what is stored with a coding", () => {
  it.each(["gzip", "x-gzip", "br, gzip;q=0.1", "*"])("keeps it for who accepts %s", (accepted) => {
    expect(left(accepted, { "content-encoding": "gzip", etag: '"a"' })).toEqual(["gzip", '"a"']);
  });

  it.each([undefined, "", "identity", "br", "gzip;q=0", "*;q=0"])("loses it for who accepts %s", (accepted) => {
    expect(left(accepted, { "content-encoding": "gzip", etag: '"a"' })).toEqual([null, 'W/"a"']);
  });

  it("keeps a weak validator, and one that is none", () => {
    expect(left("br", { "content-encoding": "gzip", etag: 'W/"a"' })).toEqual([null, 'W/"a"']);
    expect(left("br", { "content-encoding": "gzip", etag: "a" })).toEqual([null, "a"]);
  });

  it.each(["GZIP", "deflate", "gzip, br", "aes128gcm"])("keeps %s, which the runtime has not decoded", (coding) => {
    expect(left("identity", { "content-encoding": coding, etag: '"a"' })).toEqual([coding, '"a"']);
  });

  it("keeps it where nothing may be transformed", () => {
    const fields = { "content-encoding": "br", "cache-control": "max-age=5, no-transform" };
    expect(left("identity", fields)).toEqual(["br", null]);
  });
});
