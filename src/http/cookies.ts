/** The cookies of a `Cookie` field (RFC 6265 section 4.2.1): pairs joined by semicolons; the first of a name counts. */
export function parseCookies(headers: Headers): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (headers.get("cookie") ?? "").split(";")) {
    const end = pair.indexOf("=");
    const name = (end === -1 ? pair : pair.slice(0, end)).trim();
    if (name !== "" && !cookies.has(name)) cookies.set(name, end === -1 ? "" : pair.slice(end + 1).trim());
  }
  return cookies;
}
