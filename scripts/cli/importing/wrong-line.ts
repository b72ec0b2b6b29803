import { exitCodes, Failure, type FailureDetails } from "../failure.ts";

/** What is wrong with a file, and on which line. */
export function wrongLine(name: string, line: number, fault: string, details: FailureDetails = {}): Failure {
  return new Failure("invalid-input", `${name}: line ${line}: ${fault}`, exitCodes.usage, { line, ...details });
}
