/**
 * The request for all of what `request` asks for only a part of: GET in the place of HEAD, and no range (RFC 9110
 * sections 9.3.2 and 14.2). It itself where it asks for all.
 */
export function wholeRequest(request: Request): Request {
  const { method, url } = request;
  if (method !== "HEAD" && !request.headers.has("range")) return request;
  const headers = new Headers(request.headers);
  headers.delete("range");
  headers.delete("if-range");
  return new Request(url, { method: method === "HEAD" ? "GET" : method, headers });
}
