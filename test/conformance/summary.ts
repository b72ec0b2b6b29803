import type { Group, Kind } from "./case.ts";

const KINDS: readonly Kind[] = ["must", "should", "may"];

/** How many cases there are of each group and kind, and how many of them are pending: a table for people. */
export function summary(groups: readonly Group[]): string {
  const all = { name: "all", cases: groups.flatMap(({ cases }) => cases) };
  const rows = [...groups, all].map(({ name, cases }) => [
    name,
    ...KINDS.map((kind) => countOf(cases.filter((each) => each.kind === kind))),
    countOf(cases),
  ]);
  const table = [["conformance (pending)", ...KINDS, "all"], ...rows];
  return table
    .map(([name = "", ...counts]) => name.padEnd(22) + counts.map((count) => count.padStart(11)).join(""))
    .join("\n");
}

function countOf(cases: Group["cases"]): string {
  const pending = cases.filter((each) => each.pending !== undefined).length;
  return pending === 0 ? String(cases.length) : `${cases.length} (${pending})`;
}
