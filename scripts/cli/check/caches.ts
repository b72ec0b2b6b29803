import type { LarderError } from "../../../schema/errors.ts";
import { CacheOptionsSchema } from "../../../schema/options.ts";
import { parse, problemsOf, UNKNOWN_OPTION } from "../../../schema/validate.ts";
import { checkRules } from "../../../src/http/rule-check.ts";
import type { Finding, Place } from "./finding.ts";
import type { Declared } from "./load.ts";
import { fieldPath, type Places } from "./places.ts";

/** What is wrong with what `cache()` was given. */
export function cacheFindings({ options, at }: Declared, places: Places, file: string): readonly Finding[] {
  const placeOf = (field: readonly string[]) => places.of(at, field) ?? startOf(file);
  const problems = problemsOf(CacheOptionsSchema, options);
  if (problems.length > 0) return problems.map((error) => optionFinding(error, placeOf(fieldPath(error.field ?? ""))));
  const { name, rules } = parse(CacheOptionsSchema, options);
  return checkRules(rules).map((found) => {
    const title = found.name === undefined ? `rule ${found.rule + 1}` : `rule ${found.rule + 1} ("${found.name}")`;
    const { severity, kind } = found;
    // The sentence about a tag has a subject of its own.
    const message = `${title} of cache "${name}"${kind === "tag-template" ? ":" : ""} ${found.message}`;
    return { severity, kind, message, place: placeOf(["rules", String(found.rule)]) };
  });
}

/** An option that Larder refuses, which it would do when the Worker starts, too. */
export function optionFinding(error: LarderError, place: Place, subject = ""): Finding {
  return { severity: "error", kind: kindOf(error), message: subject + error.message, place };
}

function kindOf({ message, field = "" }: LarderError): string {
  if (message.endsWith(UNKNOWN_OPTION)) return "unknown-option";
  if (/(?:^|\.)path$/.test(field) || message.startsWith("routes: a path ")) return "invalid-pattern";
  return /^cache\.edge\.tags$/.test(field) ? "tag-template" : "invalid-option";
}

/** Where nothing better is known. */
export function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}
