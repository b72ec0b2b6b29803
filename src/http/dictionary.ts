import type { Dictionary } from "structured-headers";
import { parseDictionary } from "structured-headers";

/** A field that is a dictionary (RFC 9651 section 3.2). One that cannot be parsed is ignored as a whole (section 4.2). */
export function asDictionary(text: string): Dictionary | undefined {
  try {
    return parseDictionary(text);
  } catch {
    return undefined;
  }
}
