/**
 * URLs whose path parsing is sure to leave as it is: a host of plain labels, the last of which begins with a letter (or it
 * might be an address in disguise), a port that is surely one, and plain characters in a path no segment of which begins
 * with a dot or an encoded one.
 */
const SURELY_NORMAL =
  /^https?:\/\/(?:(?!xn--)[a-z0-9][a-z0-9-]*\.)*(?!xn--)[a-z][a-z0-9-]*(?::\d{1,4})?((?:\/(?![.%])[A-Za-z0-9._~!$()*+,;=:@%-]*)+)(?:[?#]|$)/;

/** The path of an http or https URL as `new URL` gives it; undefined for every other text. */
export function pathnameOf(text: string): string | undefined {
  const path = SURELY_NORMAL.exec(text)?.[1];
  if (path !== undefined) return path;
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.pathname : undefined;
}
