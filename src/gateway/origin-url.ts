import { LarderError } from "../../schema/errors.ts";

/**
 * The base URL of an origin, checked.
 *
 * @throws LarderError `invalid-input` unless it is scheme, host and port and nothing more
 */
export function parseOrigin(text: string): URL {
  const url = URL.parse(text);
  const plain = url !== null && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (plain && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new LarderError(
    "invalid-input",
    "ORIGIN: must be scheme, host and port only, such as https://www.example.com or http://127.0.0.1:3000",
    { field: "ORIGIN" },
  );
}
