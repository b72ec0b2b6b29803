import type { Ratio, Row } from "./results.ts";

/** Prints rows of the same shape as a table. */
export function printRows(rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  for (const line of lines) {
    // Names to the left, figures to the right.
    const cells = line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    console.log(cells.join("  "));
  }
  console.log("");
}

/** Prints ratios beside their goals. What is above its goal is said, and is no failure: machines and days differ. */
export function printRatios(ratios: Readonly<Record<string, Ratio>>): void {
  const width = Math.max(...Object.keys(ratios).map((name) => name.length));
  for (const [name, { value, low, high, atMost }] of Object.entries(ratios)) {
    const goal =
      atMost === undefined ? "" : `  goal at most ${atMost.toFixed(2)}: ${value <= atMost ? "met" : "not met"}`;
    console.log(`${name.padEnd(width)}  ${value.toFixed(3)}  (${low.toFixed(3)} to ${high.toFixed(3)})${goal}`);
  }
}
