import type { ErrorCode } from "../../schema/errors.ts";

/** What a command ends with, for scripts. Usage, 2, is what `UsageError` stands for. */
export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3, unreachable: 4 } as const;

/** How a command ends that the coordinator has answered with an error. */
const endings: Readonly<Record<ErrorCode, keyof typeof exitCodes>> = {
  "invalid-input": "usage",
  "body-too-large": "usage",
  forbidden: "refused",
  "insufficient-scope": "refused",
  "too-many-entries": "refused",
  "not-revocable": "refused",
  "not-empty": "refused",
  unauthorized: "refused",
  "api-closed": "refused",
  "not-found": "failed",
  "method-not-allowed": "failed",
  "upgrade-required": "failed",
  unreachable: "unreachable",
  "not-bound": "failed",
  internal: "failed",
};

export interface FailureDetails {
  readonly field?: string;
  readonly limit?: number;
  /** Of a file. */
  readonly line?: number;
}

/** What a command ends with instead of an answer; the message says what to do. */
export class Failure extends Error {
  /** The coordinator's own code, or one of `unreachable`, `not-larder`, `declined`, `emptied`. */
  readonly code: string;
  readonly exitCode: number;
  readonly details: FailureDetails;

  constructor(code: string, message: string, exitCode: number = exitCodes.failed, details: FailureDetails = {}) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.details = details;
  }
}

/** The exit code for an error of the coordinator; a code that this version does not know is a failure. */
export function exitCodeOf(code: string): number {
  return code in endings ? exitCodes[endings[code as ErrorCode]] : exitCodes.failed;
}
