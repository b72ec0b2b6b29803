import { exitCodes, Failure, type FailureDetails } from "../failure.ts";
import { plain } from "../output/style.ts";

/** What is wrong with a file, and on which line. Names of fields are as the file has them, and it may come from anywhere. */
export function wrongLine(name: string, line: number, fault: string, details: FailureDetails = {}): Failure {
  return new Failure("invalid-input", plain(`${name}: line ${line}: ${fault}`), exitCodes.usage, { line, ...details });
}
