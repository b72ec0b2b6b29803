import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyPolicy } from "../../schema/key-policy.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import { placeOf } from "../../src/edge/place.ts";

/** What a request consists of, as far as a key may look at it. */
interface Asked {
  readonly method: "GET" | "HEAD" | "QUERY";
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly theme: string | undefined;
  readonly tenant: string | undefined;
  readonly currency: string | undefined;
  readonly tracking: string;
  readonly body: string | undefined;
}

const POLICY: KeyPolicy = {
  query: { exclude: ["utm"] },
  headers: [{ name: "x-tenant" }],
  cookies: [{ name: "currency", groups: [{ name: "eu", pattern: "^(eur|sek)$" }] }],
};

// Few values, so that two requests often agree, and some that would run into each other were they joined carelessly.
const text = fc.constantFrom("a", "b", "a,b", "a=b", "a&b", "a/b", "%61", "ä", "");
const field = fc.option(fc.constantFrom("a", "b", "a=b", "a/b,c", "%61", ""), { nil: undefined });
const asked: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom("GET", "HEAD", "QUERY"),
  path: fc.constantFrom("/", "/a", "/a/b", "/a%2Fb"),
  query: fc.array(fc.tuple(fc.constantFrom("a", "b", "utm", "larder"), text), { maxLength: 3 }),
  theme: field,
  tenant: field,
  currency: fc.constantFrom(undefined, "eur", "sek", "usd", "chf"),
  tracking: fc.constantFrom("1", "2"),
  body: fc.constantFrom(undefined, "one", "two"),
});

function requestOf({ method, path, query, theme, tenant, currency, tracking }: Asked): Request {
  const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const cookies = [`tracking=${tracking}`, ...(currency === undefined ? [] : [`currency=${currency}`])];
  const headers = new Headers({ cookie: cookies.join("; "), "x-tracking": tracking });
  if (theme !== undefined) headers.set("x-theme", theme);
  if (tenant !== undefined) headers.set("x-tenant", tenant);
  return new Request(`https://shop.example${path}${search === "" ? "" : `?${search}`}`, { method, headers });
}

/** What the key is to tell apart, said in another way than the key says it. */
function identity({ method, path, query, theme, tenant, currency, body }: Asked, order: "sorted" | "kept"): unknown {
  const kept = query.filter(([name]) => name !== "utm");
  const parameters = order === "kept" ? kept : ["a", "b", "larder"].map((name) => kept.filter(([one]) => one === name));
  const group = currency === undefined ? null : ["eur", "sek"].includes(currency) ? "eu" : "rest";
  return [method === "QUERY" ? "QUERY" : "GET", path, parameters, theme ?? null, tenant ?? null, group, body ?? null];
}

describe.each(["sorted", "kept"] as const)("the key of a request, with its query %s", (queryOrder) => {
  const keyspace = { namespace: "shop" as Namespace, name: "pages" as CacheName, queryOrder };
  const keyOf = (one: Asked) =>
    placeOf(keyspace, requestOf(one), { vary: ["x-theme"], key: POLICY, body: one.body })?.key;

  test("is the same for what it need not tell apart, and another for all else", () => {
    fc.assert(
      fc.property(asked, asked, (one, other) => {
        const isSame = JSON.stringify(identity(one, queryOrder)) === JSON.stringify(identity(other, queryOrder));
        expect(keyOf(one) === keyOf(other)).toBe(isSame);
      }),
      { numRuns: 5000 },
    );
  });

  test("is another for each single thing that differs", () => {
    fc.assert(
      fc.property(
        asked,
        asked,
        fc.constantFrom<keyof Asked>("path", "theme", "tenant", "currency", "body"),
        (one, two, what) => {
          const other = { ...one, [what]: two[what] };
          const isSame = JSON.stringify(identity(one, queryOrder)) === JSON.stringify(identity(other, queryOrder));
          expect(keyOf(one) === keyOf(other)).toBe(isSame);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
