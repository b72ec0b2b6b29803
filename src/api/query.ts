import { LarderError } from "../../schema/errors.ts";

/** Characters of a refused name that an answer repeats. */
const SHOWN_CHARACTERS = 60;

/**
 * The query parameters of a request, of which only `allowed` ones may be there, each at most once.
 *
 * @throws LarderError `invalid-input` that names the parameter at fault: one that is ignored would be a silent drop
 */
export function readQuery(request: Request, allowed: readonly string[]): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!allowed.includes(name)) throw refusal(name, `is not a query parameter here; ${whatIs(allowed)}`);
    if (query.has(name)) throw refusal(name, "must be given only once");
    query.set(name, value);
  }
  return query;
}

function whatIs(allowed: readonly string[]): string {
  return allowed.length === 0 ? "this route takes none" : `this route takes ${allowed.join(", ")}`;
}

function refusal(name: string, fault: string): LarderError {
  const field = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  return new LarderError("invalid-input", `${field}: ${fault}`, { field });
}
