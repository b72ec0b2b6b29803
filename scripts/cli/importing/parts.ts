import { limits } from "../../../schema/limits.ts";
import type { Source } from "./lines.ts";

/** The lines of those kinds, so many at a time as one request takes. */
export async function* partsOf(source: Source, kinds: readonly string[]): AsyncGenerator<readonly object[]> {
  let part: object[] = [];
  let bytes = 0;
  for await (const { text } of source.lines()) {
    const line = JSON.parse(text) as { readonly kind: string };
    if (!kinds.includes(line.kind)) continue;
    const more = Buffer.byteLength(text) + 1;
    if (part.length === limits.importLines || (part.length > 0 && bytes + more > limits.exportLineBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(line);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
