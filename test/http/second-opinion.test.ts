import fc from "fast-check";
import { expect, test } from "vitest";
import type { Exchange } from "./second-opinion/exchange.ts";
import { exchangeText, PLAIN } from "./second-opinion/exchange.ts";
import type { Explanation } from "./second-opinion/explanations.ts";
import { EXPLANATIONS } from "./second-opinion/explanations.ts";
import { exchange } from "./second-opinion/generated.ts";
import type { Opinions, Question } from "./second-opinion/opinions.ts";
import { opinionsOn, QUESTIONS } from "./second-opinion/opinions.ts";

/*
 * Larder and http-cache-semantics, written by others from the same specification, are asked the same. Where they answer
 * differently, the table of explanations has to say why and who is right; docs/http.md has it too.
 */

/** In as many each explanation is of use some twenty times at least. */
const RUNS = 5_000;

/** The explanations that apply, in their order, each to the exchange without what those before it are about. */
function explanationsOf(question: Question, original: Exchange): readonly Explanation[] {
  let rest = original;
  return EXPLANATIONS.filter((explanation) => {
    if (!explanation.questions.includes(question) || !explanation.applies(rest)) return false;
    rest = explanation.without(rest);
    return true;
  });
}

function without(why: readonly Explanation[], original: Exchange): Exchange {
  return why.reduce((rest, explanation) => explanation.without(rest), original);
}

test.each(EXPLANATIONS)("$id: $where", ({ id, questions: [question], example, says }) => {
  const original = { ...PLAIN, ...example };
  expect(opinionsOn(question, original)).toEqual(says);
  const why = explanationsOf(question, original);
  expect(why.map((one) => one.id)).toEqual([id]);
  const rest = opinionsOn(question, without(why, original));
  expect(rest?.larder).toEqual(rest?.other);
});

function isDisagreement(opinions: Opinions | undefined): opinions is Opinions {
  return opinions !== undefined && opinions.larder !== opinions.other;
}

test("every disagreement with http-cache-semantics is explained, and every explanation is of use", () => {
  const times = new Map<string, number>(EXPLANATIONS.map(({ id }) => [id, 0]));
  fc.assert(
    fc.property(exchange, (original) => {
      for (const question of QUESTIONS) {
        const opinions = opinionsOn(question, original);
        if (!isDisagreement(opinions)) continue;
        const why = explanationsOf(question, original);
        const rest = without(why, original);
        const left = opinionsOn(question, rest);
        if (why.length === 0 || isDisagreement(left)) throw unexplained(question, opinions, original, why, rest, left);
        for (const one of why) {
          // One is of use where the others alone do not explain it.
          const others = why.filter((other) => other !== one);
          if (isDisagreement(opinionsOn(question, without(others, original)))) {
            times.set(one.id, (times.get(one.id) ?? 0) + 1);
          }
        }
      }
    }),
    { numRuns: RUNS },
  );
  expect([...times].filter(([, count]) => count === 0)).toEqual([]);
}, 60_000);

function unexplained(
  question: Question,
  opinions: Opinions,
  original: Exchange,
  why: readonly Explanation[],
  rest: Exchange,
  left: Opinions | undefined,
): Error {
  return new Error(
    [
      `${question}: Larder ${opinions.larder}, http-cache-semantics ${opinions.other}`,
      exchangeText(original),
      `without ${why.map(({ id }) => id).join(", ") || "anything"}: ${left?.larder} and ${left?.other}`,
      exchangeText(rest),
    ].join("\n"),
  );
}
