import fc from "fast-check";
import type { LinkState } from "../support/model-link.ts";

export const DATA_CENTRES = ["ams", "gru", "nrt"] as const;
/** Isolates, by the data centre they are in. */
export const ISOLATES = [0, 0, 1, 1, 2, 2] as const;
export const CACHES = ["pages", "api"] as const;
export const PAGES = [
  { url: "https://a.example/", language: "en" },
  { url: "https://a.example/p/1", language: "en" },
  { url: "https://a.example/p/1", language: "de" },
  { url: "https://b.example/p/1", language: "en" },
] as const;
/** Fresh, stale while revalidating, stale if error: seconds. */
export const LIVES = [
  [1000, 0, 0],
  [1000, 100, 0],
  [1000, 0, 100],
  [1000, 100, 200],
  [20, 10, 30],
] as const;

interface Place {
  readonly cache: number;
  readonly page: number;
}

interface Making extends Place {
  readonly tags: readonly string[];
  readonly life: number;
  readonly permanent: boolean;
}

export type Asked = "bounded" | "strong" | { readonly atLeast: number };

export type What =
  | { readonly kind: "url" | "key"; readonly page: number }
  | { readonly kind: "tags" | "allOf" | "tags+prefix"; readonly tags: readonly string[]; readonly prefix: string }
  | { readonly kind: "prefix"; readonly prefix: string }
  | { readonly kind: "any"; readonly page: number; readonly tags: readonly string[] }
  | { readonly kind: "everything" };

/** `which` and `atLeast` count among those there are at that moment, from the newest. */
export type Step =
  | ({ readonly do: "put"; readonly in: number } & Making)
  | ({ readonly do: "match"; readonly in: number; readonly asked: Asked } & Place)
  | ({ readonly do: "wrap"; readonly in: number; readonly asked: Asked } & Making)
  | { readonly do: "origin"; readonly which: number; readonly answers: boolean }
  | {
      readonly do: "purge";
      readonly in: number;
      readonly what: What;
      readonly cache: number | null;
      readonly mode: "hard" | "soft" | "erase";
      readonly tried: boolean;
    }
  | ({ readonly do: "remove"; readonly in: number } & Place)
  | {
      readonly do: "invalidate";
      readonly in: number;
      readonly cache: number;
      readonly page: number;
      readonly tag: string;
    }
  | { readonly do: "revoke"; readonly in: number; readonly which: number }
  | { readonly do: "noise"; readonly in: number; readonly purges: number }
  | { readonly do: "clock"; readonly seconds: number }
  | { readonly do: "link"; readonly in: number | "all"; readonly state: LinkState }
  | { readonly do: "deliver"; readonly which: number }
  | { readonly do: "restart"; readonly in: number }
  | { readonly do: "evict" | "alarm" | "empty" | "settle" };

const tag = fc.constantFrom("t", "u");
const tags = fc.constantFrom<readonly string[]>(["t"], ["u"], ["t", "u"], []);
const someTags = fc.constantFrom<readonly string[]>(["t"], ["u"], ["t", "u"]);
const prefix = fc.constantFrom("https://a.example/", "https://a.example/p", "https://b.ex");
const which = fc.constantFrom(0, 0, 0, 1, 2, 3);
const asked: fc.Arbitrary<Asked> = fc.oneof(
  weighted(4, fc.constant("bounded" as const)),
  weighted(1, fc.constant("strong" as const)),
  weighted(2, fc.record({ atLeast: which })),
);
const mode = fc.constantFrom("hard" as const, "hard" as const, "soft" as const, "soft" as const, "erase" as const);
const state = fc.constantFrom<LinkState>("up", "up", "down", "hanging", "slow-there", "slow-back", "slow-back");
const seconds = fc.constantFrom(0.5, 1, 2.5, 2.5, 4.5, 4.5, 8, 30, 200);
const life = fc.constantFrom(0, 1, 2, 3, 3, 4);
const permanent = fc.constantFrom(false, false, false, true);
const purged = fc.constantFrom(null, null, 0, 1);

/** The steps there are, where their isolates, caches and pages are drawn from these. */
function stepsOn(isolates: readonly number[], caches: readonly number[], pages: readonly number[]) {
  const [isolate, cache, page] = [isolates, caches, pages].map((from) => fc.constantFrom(...from)) as [
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
    fc.Arbitrary<number>,
  ];
  const making = { in: isolate, cache, page, tags, life, permanent };
  const what: fc.Arbitrary<What> = fc.oneof(
    weighted(3, fc.record({ kind: fc.constantFrom("url" as const, "key" as const), page })),
    weighted(
      4,
      fc.record({
        kind: fc.constantFrom("tags" as const, "tags" as const, "allOf" as const, "tags+prefix" as const),
        tags: someTags,
        prefix,
      }),
    ),
    weighted(1, fc.record({ kind: fc.constant("prefix" as const), prefix })),
    weighted(1, fc.record({ kind: fc.constant("any" as const), page, tags: someTags })),
    weighted(1, fc.record({ kind: fc.constant("everything" as const) })),
  );
  const everywhere = fc.oneof(isolate, isolate, fc.constant("all" as const));
  const seldom = fc.constantFrom(false, false, false, true);
  return {
    put: fc.record({ do: fc.constant("put" as const), ...making }),
    match: fc.record({ do: fc.constant("match" as const), in: isolate, cache, page, asked }),
    wrap: fc.record({ do: fc.constant("wrap" as const), ...making, asked }),
    origin: fc.record({ do: fc.constant("origin" as const), which, answers: fc.constantFrom(true, true, false) }),
    purge: fc.record({ do: fc.constant("purge" as const), in: isolate, what, cache: purged, mode, tried: seldom }),
    remove: fc.record({ do: fc.constant("remove" as const), in: isolate, cache, page }),
    invalidate: fc.record({ do: fc.constant("invalidate" as const), in: isolate, cache, page, tag }),
    revoke: fc.record({ do: fc.constant("revoke" as const), in: isolate, which }),
    noise: fc.record({ do: fc.constant("noise" as const), in: isolate, purges: fc.constantFrom(1, 4) }),
    clock: fc.record({ do: fc.constant("clock" as const), seconds }),
    link: fc.record({ do: fc.constant("link" as const), in: everywhere, state }),
    deliver: fc.record({ do: fc.constant("deliver" as const), which }),
    restart: fc.record({ do: fc.constant("restart" as const), in: isolate }),
    evict: fc.constant({ do: "evict" as const }),
    empty: fc.constant({ do: "empty" as const }),
    rare: fc.record({ do: fc.constantFrom("alarm" as const, "settle" as const) }),
  };
}

function weighted<T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.WeightedArbitrary<T> {
  return { weight, arbitrary };
}

type Steps = ReturnType<typeof stepsOn>;

const WEIGHTS: Readonly<Record<keyof Steps, number>> = {
  put: 8,
  match: 14,
  wrap: 8,
  origin: 8,
  purge: 10,
  remove: 1,
  invalidate: 1,
  revoke: 5,
  noise: 3,
  clock: 10,
  link: 7,
  deliver: 6,
  restart: 4,
  evict: 2,
  empty: 1,
  rare: 1,
};

/** Any steps in any order. */
function anyOrder(steps: Steps): fc.Arbitrary<Step[]> {
  const names = Object.keys(steps) as (keyof Steps)[];
  const step: fc.Arbitrary<Step> = fc.oneof(...names.map((name) => weighted<Step>(WEIGHTS[name], steps[name])));
  return fc.array(step, { minLength: 1, maxLength: 30, size: "max" });
}

/** Programs in which something begins, is overtaken by something else, and ends. */
function overtaken(steps: Steps): fc.Arbitrary<Step[]> {
  const some = (...names: (keyof Steps)[]) =>
    fc.array(fc.oneof(...names.map((name) => steps[name] as fc.Arbitrary<Step>)), { maxLength: 2, size: "max" });
  return fc
    .tuple(
      some("put", "wrap"),
      some("purge", "noise", "clock", "put"),
      some("link", "restart", "match"),
      some("wrap", "match"),
      some("link", "restart", "match"),
      some("purge", "noise", "empty", "revoke", "put"),
      some("clock", "link"),
      some("deliver", "origin", "match"),
      some("deliver", "origin", "revoke"),
      some("match", "purge", "clock"),
      some("match"),
    )
    .map((parts) => parts.flat());
}

/** Programs in which a call to the object is under way while the log grows, and its reply is overtaken by others. */
function inFlight(steps: Steps): fc.Arbitrary<Step[]> {
  const linkTo = (...states: LinkState[]) =>
    fc.constantFrom(...states).map((to): Step => ({ do: "link", in: "all", state: to }));
  const half = fc.constant<Step>({ do: "clock", seconds: 2.5 });
  const some = (least: 0 | 1, most: 1 | 2, ...from: fc.Arbitrary<Step>[]) =>
    fc.array(fc.oneof(...from), { minLength: least, maxLength: most, size: "max" });
  const { put, match, wrap, purge, revoke, noise, restart, clock, deliver, origin } = steps;
  return fc
    .tuple(
      some(1, 1, put),
      some(1, 1, half, half, restart),
      some(1, 1, linkTo("slow-back", "slow-back", "slow-there")),
      some(1, 2, match, match, match, wrap, purge),
      some(0, 1, linkTo("up")),
      some(1, 2, purge, purge, noise, revoke),
      some(0, 2, match, purge, half),
      some(0, 1, linkTo("up")),
      some(1, 2, deliver, deliver, origin),
      some(0, 2, match, half, clock),
      some(1, 1, match),
    )
    .map((parts) => parts.flat());
}

const everywhere = stepsOn([0, 0, 0, 1, 1, 2, 2, 3, 4, 5], [0, 0, 0, 1], [0, 0, 1, 1, 2, 3]);
/** Where steps meet more often. */
const onOnePage = stepsOn([0, 0, 1, 2], [0], [0]);

export const program = fc.oneof(anyOrder(everywhere), anyOrder(onOnePage), overtaken(onOnePage), inFlight(onOnePage));

/** A step as a person reads it. */
export function described(step: Step): string {
  const { do: verb, ...rest } = step;
  const parts = Object.entries(rest).map(([name, value]) => {
    if (name === "in") return value === "all" ? "everywhere" : `in ${nameOf(Number(value))}`;
    if (name === "cache") return value === null ? "in all caches" : (CACHES[Number(value)] ?? "");
    if (name === "page") return pageName(Number(value));
    if (name === "life") return `life ${LIVES[Number(value)]?.join("/")}`;
    if (typeof value === "boolean") return value ? name : "";
    if (name === "what") return whatName(value as What);
    return typeof value === "object" ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`;
  });
  return [verb, ...parts.filter((part) => part !== "")].join(" ");
}

export function nameOf(isolate: number): string {
  return `${DATA_CENTRES[ISOLATES[isolate] ?? 0]}#${isolate % 2}`;
}

function pageName(page: number): string {
  const { url, language } = PAGES[page] ?? PAGES[0];
  return `${url} (${language})`;
}

function whatName(what: What): string {
  const { kind, ...rest } = what;
  return `${kind} ${Object.values(rest)
    .map((value) => (typeof value === "number" ? pageName(value) : JSON.stringify(value)))
    .join(" ")}`;
}
