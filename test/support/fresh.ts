import { newEpoch } from "../../schema/version.ts";

/** A namespace no other test uses: state is isolated by file, not by test. */
export function freshNamespace(): string {
  return `test-${newEpoch()}`;
}

/** A URL no other test uses, for the data centre's cache is shared by all. */
export function freshUrl(path = "/"): string {
  return `https://${newEpoch()}.example${path}`;
}
