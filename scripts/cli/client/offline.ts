import { exitCodes, Failure } from "../failure.ts";

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; is it running?",
  ECONNRESET: "the connection was lost before the answer, so what was asked may have been done",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up now",
  ETIMEDOUT: "the host does not answer",
  UND_ERR_CONNECT_TIMEOUT: "the host does not answer",
  UND_ERR_SOCKET: "the connection was lost before the answer, so what was asked may have been done",
};

/** Why a coordinator could not be asked. */
export function offline(error: unknown, base: string, timeoutSeconds: number): Failure {
  const unreachable = (why: string) =>
    new Failure("unreachable", `${base} cannot be reached: ${why}`, exitCodes.unreachable);
  if (error instanceof Error && error.name === "TimeoutError") {
    return unreachable(`there was no answer within ${timeoutSeconds} s, so what was asked may have been done`);
  }
  const cause = innermost(error);
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  return unreachable(reasons[code] ?? (cause.message || code || String(error)));
}

/** The library wraps what has happened; of several addresses that failed, the first says why. */
function innermost(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return innermost(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return error instanceof Error ? error : new Error(String(error));
}
