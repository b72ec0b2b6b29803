import { LarderError } from "../../schema/errors.ts";

const DEFAULT_PREFIX = "/.larder";

/**
 * The reserved path, from the setting LARDER_PREFIX.
 *
 * @throws LarderError `invalid-input` unless it is a path of plain characters, with a slash before it and none after
 */
export function parsePrefix(setting: string | undefined): string {
  if (setting === undefined || setting === "") return DEFAULT_PREFIX;
  if (/^(?:\/[A-Za-z0-9._~-]+)+$/.test(setting)) return setting;
  throw new LarderError("invalid-input", "LARDER_PREFIX: must be a path such as /.larder, with no slash at its end", {
    field: "LARDER_PREFIX",
  });
}

/**
 * Whether a URL lies under the reserved prefix, and so is never passed to an origin. An origin may read `%2e` as a dot
 * and ignore case or doubled slashes, so every spelling it could take for the prefix is ours.
 */
export function isReserved(url: string, prefix: string): boolean {
  const path = decoded(new URL(url).pathname)
    .replace(/\/{2,}/g, "/")
    .toLowerCase();
  const own = prefix.toLowerCase();
  return path === own || path.startsWith(`${own}/`);
}

function decoded(path: string): string {
  return path.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
