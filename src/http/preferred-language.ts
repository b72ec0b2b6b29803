import { preferredLanguages } from "negotiator/lib/language.js";

/** Characters of `Accept-Language` that are looked at: each range is compared with each language of the site. */
const LOOKED_AT = 1000;

/**
 * Which of the languages that a site has its visitor prefers (RFC 9110 section 12.5.4), spelled as in `available`; the
 * first where none fits, and where the request does not say. Empty only if none is available.
 */
export function preferredLanguage(headers: Headers, available: readonly string[]): string {
  const accepted = (headers.get("accept-language") ?? "*").slice(0, LOOKED_AT);
  const [language] = preferredLanguages(accepted, available);
  return language ?? available[0] ?? "";
}
