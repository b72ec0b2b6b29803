import width from "fast-string-truncated-width";
import { plain, styled } from "./style.ts";

export interface Column {
  readonly head: string;
  readonly align?: "right";
}

/** Rows below their heads, each column as wide as its widest cell. Cells are written plainly. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(plain));
  const widths = columns.map(({ head }, at) =>
    Math.max(width(head).width, ...cells.map((row) => width(row[at] ?? "").width)),
  );
  const line = (row: readonly string[]) =>
    columns
      .map(({ align }, at) => {
        const cell = row[at] ?? "";
        const padding = " ".repeat(Math.max(0, (widths[at] ?? 0) - width(cell).width));
        return align === "right" ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd();
  const heads = styled("dim", line(columns.map(({ head }) => head)));
  return `${[heads, ...cells.map(line)].join("\n")}\n`;
}

/** Names and values, a line each. */
export function pairs(rows: readonly (readonly [string, string])[]): string {
  const widest = Math.max(...rows.map(([name]) => width(name).width));
  return rows
    .map(([name, value]) => `${styled("dim", name + " ".repeat(widest - width(name).width))}  ${plain(value)}\n`)
    .join("");
}
