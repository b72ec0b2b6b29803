import { relative } from "node:path";
import { styleText } from "node:util";
import type { Finding } from "./finding.ts";

/** As compilers tell: a line for each, in the order of places, and the counts. Coloured on a terminal only. */
export function textReport(findings: readonly Finding[]): string {
  const lines = inOrder(findings).map(({ severity, kind, message, place: { file, line, column } }) => {
    const place = styled("bold", `${shortened(file)}:${line}:${column}`);
    return `${place} ${styled(severity === "error" ? "red" : "yellow", severity)} ${kind}  ${message}\n`;
  });
  return `${lines.join("")}${summary(findings)}\n`;
}

/** One document, for programs. */
export function jsonReport(findings: readonly Finding[], files: readonly string[]): string {
  const listed = inOrder(findings).map(({ place, ...rest }) => ({ ...place, file: shortened(place.file), ...rest }));
  const counts = { errors: count(findings, "error"), warnings: count(findings, "warning") };
  return `${JSON.stringify({ files: files.map(shortened), findings: listed, ...counts }, null, 2)}\n`;
}

export function count(findings: readonly Finding[], severity: Finding["severity"]): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function summary(findings: readonly Finding[]): string {
  const [errors, warnings] = [count(findings, "error"), count(findings, "warning")];
  return `${errors} error${errors === 1 ? "" : "s"}, ${warnings} warning${warnings === 1 ? "" : "s"}`;
}

function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(({ place: a }, { place: b }) => {
    if (a.file !== b.file) return a.file < b.file ? -1 : 1;
    return a.line - b.line || a.column - b.column;
  });
}

/** As seen from the working directory. */
function shortened(file: string): string {
  return relative(".", file);
}

/** Node leaves the colours out where NO_COLOR is set, or stdout is no terminal. */
function styled(format: "bold" | "red" | "yellow", text: string): string {
  return styleText(format, text, { stream: process.stdout, validateStream: true });
}
