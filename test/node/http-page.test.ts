import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Explanation, Right } from "../http/second-opinion/explanations.ts";
import { EXPLANATIONS } from "../http/second-opinion/explanations.ts";

const page = readFileSync(new URL("../../docs/http.md", import.meta.url), "utf8");

const RIGHT: Readonly<Record<Right, string>> = {
  larder: "Larder",
  both: "both",
  unsettled: "open",
  "larder-is-wrong": "http-cache-semantics",
};

function rowOf({ where, larder, other, clause, right }: Explanation): string {
  const [rfc, section] = clause.split(" ");
  return `| ${where} | ${larder} | ${other} | RFC ${rfc} section ${section} | ${RIGHT[right]} |`;
}

test("docs/http.md has the table by which test/http/second-opinion.test.ts explains every disagreement", () => {
  const [, section = ""] = page.split(/^## Where http-cache-semantics says otherwise$/m);
  const [own = ""] = section.split(/^## /m);
  const [, , ...rows] = own.split("\n").filter((line) => line.startsWith("|"));
  expect(rows).toEqual(EXPLANATIONS.map(rowOf));
});
