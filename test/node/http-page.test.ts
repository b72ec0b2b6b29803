import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { groups } from "../conformance/cases/index.ts";
import type { Explanation, Right } from "../http/second-opinion/explanations.ts";
import { EXPLANATIONS } from "../http/second-opinion/explanations.ts";
import type { Requirement } from "./support/requirements.ts";
import { complaintsAbout, requirementsIn } from "./support/requirements.ts";

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

/**
 * How many requirements each section of RFC 9111 has for a shared cache. Those of one sentence count as one, and what
 * senders of several directives must not do is with the first of them.
 */
const SECTIONS: Readonly<Record<string, number>> = {
  ...{ "1.2.2": 1, "3": 7, "3.1": 3, "3.2": 2, "3.3": 3, "3.4": 1, "3.5": 1, "4": 9, "4.1": 2, "4.2": 4, "4.2.2": 1 },
  ...{ "4.2.3": 1, "4.2.4": 2, "4.3.1": 2, "4.3.2": 5, "4.3.3": 1, "4.3.4": 2, "4.3.5": 3, "4.4": 2, "5.1": 2 },
  ...{ "5.2": 1, "5.2.1.1": 1, "5.2.1.5": 2, "5.2.1.7": 1, "5.2.2": 1, "5.2.2.1": 1, "5.2.2.2": 3, "5.2.2.3": 1 },
  ...{ "5.2.2.4": 1, "5.2.2.5": 2, "5.2.2.6": 1, "5.2.2.7": 2, "5.2.2.8": 1, "5.2.2.10": 1, "5.2.3": 1, "5.3": 3 },
};

const cases = groups.flatMap((group) => group.cases);
const caching = requirementsIn(page, "RFC 9111, clause by clause");
const beside = requirementsIn(page, "The documents beside it, clause by clause");

describe("what docs/http.md says of each requirement", () => {
  test("of RFC 9111 is as much as the RFC has, in its order", () => {
    const counts: Record<string, number> = {};
    for (const { section, level } of caching) {
      if (/^(MUST|SHOULD)/.test(level)) counts[section] = (counts[section] ?? 0) + 1;
    }
    expect(counts).toEqual(SECTIONS);
    const sections = caching.map(({ section }) => section);
    expect(sections).toEqual(sections.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })));
  });

  test("of the documents beside it names them all", () => {
    const documents = new Set(beside.map(({ section }) => section.split(" ")[0]));
    expect([...documents]).toEqual(["9110", "9213", "5861", "8246", "9211", "9875", "6585"]);
  });

  test("is of a known level, and its code, its tests and its reasons are there", () => {
    expect([...caching, ...beside].flatMap((row) => complaintsAbout(row, cases))).toEqual([]);
  });

  const row: Requirement = {
    section: "3",
    level: "MUST NOT",
    says: "store it",
    code: ["src/http/storable.ts#refusalOf", "src/edge/seen.ts#fitnessFor"],
    tests: ["no-store", "private-*", "test/http/storable.test.ts"],
    short: "",
  };

  test("is found out when it is not true", () => {
    const about = (changes: Partial<Requirement>) =>
      complaintsAbout({ ...row, ...changes }, cases).map((text) => text.replace("3 store it: ", ""));
    expect(about({})).toEqual([]);
    expect(about({ level: "must" })).toEqual(["it is no requirement of a level that is known"]);
    expect(about({ code: ["src/http/none.ts#refusalOf"] })).toEqual(["there is no src/http/none.ts"]);
    // Called there, and declared elsewhere.
    expect(about({ code: ["src/http/storable.ts#varyNames"] })).toEqual(["src/http/storable.ts declares no varyNames"]);
    expect(about({ code: ["src/edge/reader.ts#Reader.#fits"] })).toEqual([
      "src/edge/reader.ts declares no Reader.#fits",
    ]);
    expect(about({ code: ["src/edge/reader.ts"] })).toEqual(["src/edge/reader.ts declares no "]);
    expect(about({ tests: ["no-such", "nowhere-*", "test/http/none.test.ts"] })).toEqual([
      "there is no test/http/none.test.ts",
      "there is no case no-such",
      "there is no case nowhere-*",
    ]);
    expect(about({ tests: [] })).toEqual(["it has no code or no test, and no reason"]);
    expect(about({ code: [] })).toEqual(["it has no code or no test, and no reason"]);
    expect(about({ code: [], tests: [], short: "n/a: it cannot come up" })).toEqual([]);
  });

  test("says so where a case is pending", () => {
    const pending = cases.map((each) => (each.id === "no-store" ? { ...each, pending: "it is stored" } : each));
    expect(complaintsAbout(row, pending)).toEqual([
      "3 store it: no-store is pending, and the row does not say what is not met",
    ]);
    expect(complaintsAbout({ ...row, short: "no: it is stored" }, pending)).toEqual([]);
  });
});
