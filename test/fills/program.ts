import fc from "fast-check";

/** The first is where the object lives: its cache is the shield. */
export const DATA_CENTRES = ["home", "gru", "nrt"] as const;
export const PAGES = ["/", "/p/1", "/p/2"] as const;

/** Of leaders and copies, `which` counts from the newest there is at that moment. */
export type Step =
  | {
      readonly do: "ask";
      readonly in: number;
      readonly page: number;
      readonly have: "nothing" | "fallback" | "stale";
      /** Milliseconds it waits at most before it asks again. */
      readonly waitMs: number;
      readonly maxWaiters: number;
      /** `blindly`: it does not look in its data centre's cache first, as when what lay there has been evicted. */
      readonly how: "looking" | "blindly";
      /** `dies`: it never does anything with what it is answered. `loses`: nor keeps what the shield gives it. */
      readonly fate: "lives" | "dies" | "loses";
    }
  | {
      readonly do: "complete";
      readonly which: number;
      readonly tags: readonly string[];
      /** A large one is not for the shield. */
      readonly size: "small" | "large";
      /** What becomes of the copy that the shield may want. */
      readonly copy: "at once" | "later";
    }
  | { readonly do: "abandon"; readonly which: number; readonly why: "failed" | "uncacheable" }
  | { readonly do: "offer"; readonly which: number }
  | { readonly do: "purge"; readonly what: number | "t" | "u" | "everything"; readonly mode: "hard" | "soft" | "erase" }
  | { readonly do: "clock"; readonly seconds: number }
  | { readonly do: "reset" }
  /** Calls that are under way at the same time. */
  | { readonly do: "together"; readonly steps: readonly Step[] };

function weighted<T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.WeightedArbitrary<T> {
  return { weight, arbitrary };
}

const which = fc.constantFrom(0, 0, 0, 1, 2);

/** Steps on these pages, those that are calls and those that are not. */
function stepsOn(pages: readonly number[]) {
  const page = fc.constantFrom(...pages);
  const ask: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("ask" as const),
    in: fc.constantFrom(0, 1, 1, 2),
    page,
    have: fc.constantFrom(
      "nothing" as const,
      "nothing" as const,
      "nothing" as const,
      "fallback" as const,
      "stale" as const,
    ),
    waitMs: fc.constantFrom(600_000, 600_000, 600_000, 1_500),
    maxWaiters: fc.constantFrom(1000, 1000, 1000, 2),
    how: fc.constantFrom("looking" as const, "blindly" as const, "blindly" as const),
    fate: fc.constantFrom(
      "lives" as const,
      "lives" as const,
      "lives" as const,
      "lives" as const,
      "dies" as const,
      "loses" as const,
    ),
  });
  const complete: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("complete" as const),
    which,
    tags: fc.constantFrom<readonly string[]>([], ["t"], ["u"], ["t", "u"]),
    size: fc.constantFrom("small" as const, "small" as const, "large" as const),
    copy: fc.constantFrom("at once" as const, "later" as const),
  });
  const abandon: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("abandon" as const),
    which,
    why: fc.constantFrom("failed" as const, "failed" as const, "uncacheable" as const),
  });
  const offer: fc.Arbitrary<Step> = fc.record({ do: fc.constant("offer" as const), which });
  const purge: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("purge" as const),
    what: fc.oneof(page, fc.constantFrom("t" as const, "u" as const, "everything" as const)),
    mode: fc.constantFrom("hard" as const, "hard" as const, "soft" as const, "erase" as const),
  });
  const clock: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("clock" as const),
    seconds: fc.constantFrom(1, 2, 5, 5, 10, 31, 70, 130),
  });
  const call = fc.oneof(
    weighted(12, ask),
    weighted(6, complete),
    weighted(3, abandon),
    weighted(2, offer),
    weighted(4, purge),
  );
  const together: fc.Arbitrary<Step> = fc.record({
    do: fc.constant("together" as const),
    steps: fc.array(call, { minLength: 2, maxLength: 4, size: "max" }),
  });
  const reset: fc.Arbitrary<Step> = fc.constant({ do: "reset" as const });
  const any = fc.oneof(weighted(24, call), weighted(4, clock), weighted(4, together), weighted(1, reset));
  return { any, ask, complete, abandon, offer, purge, clock, reset, together };
}

/** Programs in which a fill begins, others wait for it, something comes in between, and it ends in some way. */
function overtaken({ ask, complete, abandon, offer, purge, clock, reset, together }: ReturnType<typeof stepsOn>) {
  const some = (minLength: number, maxLength: number, ...from: fc.Arbitrary<Step>[]) =>
    fc.array(fc.oneof(...from), { minLength, maxLength, size: "max" });
  return fc
    .tuple(
      some(1, 1, ask),
      some(1, 3, ask),
      some(0, 2, purge, clock, reset),
      some(0, 2, ask),
      some(1, 1, complete, complete, abandon),
      some(0, 2, ask, purge, clock),
      some(0, 2, offer, complete, together),
      some(1, 3, ask, clock),
      some(0, 2, complete, abandon, offer),
      some(0, 2, ask),
    )
    .map((parts) => parts.flat());
}

const onAll = stepsOn([0, 0, 0, 1, 2]);
const onOne = stepsOn([0]);

export const program: fc.Arbitrary<Step[]> = fc.oneof(
  fc.array(onAll.any, { minLength: 1, maxLength: 20, size: "max" }),
  fc.array(onOne.any, { minLength: 1, maxLength: 15, size: "max" }),
  overtaken(onOne),
);

/** A step as a person reads it. */
export function described(step: Step): string {
  if (step.do === "together") return `together: ${step.steps.map(described).join(" | ")}`;
  const { do: verb, ...rest } = step;
  const parts = Object.entries(rest).map(([name, value]) => {
    if (name === "in") return `in ${DATA_CENTRES[Number(value)]}`;
    if (name === "page" || typeof value === "string") return String(name === "page" ? PAGES[Number(value)] : value);
    return `${name} ${JSON.stringify(value)}`;
  });
  return [verb, ...parts].join(" ");
}
