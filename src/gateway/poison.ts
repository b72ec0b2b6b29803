/**
 * Fields of a request by which many servers and frameworks take it for another than it is: another URL, another method,
 * another site. What they answer then would be kept under the URL that was asked for, and given to everybody (web cache
 * poisoning). `X-Forwarded-Host` and `X-Forwarded-Proto` are among them, which the gateway sets itself.
 */
const FIELDS = [
  ...["forwarded", "x-forwarded-path", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-scheme"],
  ...["x-forwarded-server", "x-forwarded-uri", "x-forwarded-url"],
  ...["x-host", "x-http-host-override", "x-http-method", "x-http-method-override", "x-method-override"],
  ...["x-original-host", "x-original-uri", "x-original-url", "x-override-url", "x-rewrite-uri", "x-rewrite-url"],
];

/** Takes these out of a request whose answer may be kept, but for those that its key tells apart. */
export function removePoison(headers: Headers, keyed: ReadonlySet<string>): void {
  for (const name of FIELDS) if (!keyed.has(name)) headers.delete(name);
}
