interface Shape {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A JSON answer of the API. None is ever kept by a cache on its way (RFC 9111 section 5.2.2.5), nor read by a browser
 * as anything but what it says it is.
 */
export function answer(body: object, { status = 200, type = "application/json", headers = {} }: Shape = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" },
  });
}
