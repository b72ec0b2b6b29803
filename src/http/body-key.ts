export type BodyKey =
  | { readonly kind: "keyed"; readonly key: string; readonly body: Uint8Array }
  | { readonly kind: "too-big"; readonly body: ReadableStream<Uint8Array> | null };

export async function bodyKey(request: Request, { mostBytes }: { readonly mostBytes: number }): Promise<BodyKey> {
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.byteLength > mostBytes) return { kind: "too-big", body: null };
  const type = new TextEncoder().encode(`${request.headers.get("content-type") ?? ""}\n`);
  const all = new Uint8Array(type.byteLength + body.byteLength);
  all.set(type);
  all.set(body, type.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return { kind: "keyed", key: btoa(String.fromCharCode(...digest)), body };
}
