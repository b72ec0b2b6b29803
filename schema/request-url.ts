import * as v from "valibot";
import { absoluteUrl, normalizeUrl } from "./key.ts";
import { limits } from "./limits.ts";

export const UrlText = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.urlCharacters, `must be at most ${limits.urlCharacters} characters`),
);

/**
 * A URL that a request may have. Checked before it is brought into its normal spelling, so that an error names where it
 * stands.
 */
export const RequestUrl = v.pipe(
  UrlText,
  v.check(isRequestUrl, "must be an absolute http or https URL without a user name"),
  v.transform((text) => normalizeUrl(text, "url")),
);

/** The same, with its query in the order in which it came: a request that is to be made, not compared. */
export const AskedUrl = v.pipe(
  UrlText,
  v.check(isRequestUrl, "must be an absolute http or https URL without a user name"),
  v.transform((text) => absoluteUrl(text, "url")),
);

/** Whether a key can be made of it, but for its length. */
export function isRequestUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === ""
  );
}
