import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Case } from "../../conformance/case.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A row of the tables in docs/http.md that say what becomes of each requirement of a specification. */
export interface Requirement {
  /** `4.2.1`, with the number of the RFC before it where the table is about several. */
  readonly section: string;
  readonly level: string;
  readonly says: string;
  /** `src/http/list.ts#splitList`; of a class `src/edge/reader.ts#Reader.lookup`. */
  readonly code: readonly string[];
  /** Test files, and ids of conformance cases, in which a star stands for anything. */
  readonly tests: readonly string[];
  /** What is not met, and why. */
  readonly short: string;
}

const LEVELS = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "rule", "advice"];

/** The rows of the table below a heading. */
export function requirementsIn(page: string, heading: string): readonly Requirement[] {
  const [, below = ""] = page.split(`\n## ${heading}\n`);
  const [own = ""] = below.split("\n## ");
  const [, , ...rows] = own.split("\n").filter((line) => line.startsWith("|"));
  return rows.map((row) => {
    const [, section = "", level = "", says = "", code = "", tests = "", short = ""] = row
      .split("|")
      .map((cell) => cell.trim());
    return { section, level, says, code: quoted(code), tests: quoted(tests), short };
  });
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
}

/** What is wrong with a row, in sentences. */
export function complaintsAbout(row: Requirement, cases: readonly Case[]): readonly string[] {
  const { level, says, code, tests, short } = row;
  const found = tests.filter((test) => !test.includes("/")).map((id) => ({ id, cases: named(id, cases) }));
  const pending = found.flatMap(({ cases: those }) => those).filter((each) => each.pending !== undefined);
  return [
    ...(LEVELS.includes(level) && says !== "" ? [] : ["it is no requirement of a level that is known"]),
    ...code.flatMap(codeComplaints),
    ...tests.filter((test) => test.includes("/") && !existsSync(root + test)).map((file) => `there is no ${file}`),
    ...found.filter(({ cases: those }) => those.length === 0).map(({ id }) => `there is no case ${id}`),
    ...(short !== "" || (tests.length > 0 && code.length > 0) ? [] : ["it has no code or no test, and no reason"]),
    ...(short !== "" ? [] : pending.map(({ id }) => `${id} is pending, and the row does not say what is not met`)),
  ].map((complaint) => `${row.section} ${says}: ${complaint}`);
}

function named(id: string, cases: readonly Case[]): readonly Case[] {
  const form = new RegExp(`^${id.replaceAll("*", ".*")}$`);
  return cases.filter((each) => form.test(each.id));
}

function codeComplaints(place: string): readonly string[] {
  // The second `#`, where there is one, begins the name of a private method.
  const [, file = "", name = ""] = /^([^#]*)#?(.*)$/.exec(place) ?? [];
  if (!existsSync(root + file)) return [`there is no ${file}`];
  return isDeclared(readFileSync(root + file, "utf8"), name) ? [] : [`${file} declares no ${name}`];
}

/** Whether the code declares it: at its top level, or as a method of a class there. */
function isDeclared(code: string, name: string): boolean {
  const [owner = "", method] = name.split(".");
  const declaration = new RegExp(`^(?:export )?(?:default )?(?:async )?(?:function|const|class) ${owner}\\b`, "m");
  const at = declaration.exec(code)?.index;
  if (at === undefined || owner === "") return false;
  if (method === undefined) return true;
  // Whatever begins a line by two spaces in the body of a class is one of its members.
  const body = code.slice(at, code.indexOf("\n}\n", at));
  return new RegExp(`^ {2}(?:static |override |async )*${method}(?:<.*>)?\\(`, "m").test(body);
}
