/** A file that declares a cache, and shows how it is used. It is the same in TypeScript and, without the types, in JavaScript. */
export function exampleOf(namespace: string, language: "ts" | "js", standalone: boolean): string {
  const type = (text: string) => (language === "ts" ? text : "");
  const api = `
/** Larder's own API and dashboard; they need the secret LARDER_TOKEN. */
export function larder(request${type(": Request")}, env${type(": { readonly LARDER: { fetch(request: Request): Promise<Response> } }")}) {
  return new URL(request.url).pathname.startsWith("/.larder") ? env.LARDER.fetch(request) : undefined;
}
`;
  const first = standalone ? "larder(request, env) ?? " : "";
  const imported = standalone ? "answer, larder" : "answer";
  return `import { cache } from "larder";

/** One for each kind of thing that is kept. Durations are in seconds. */
export const pages = cache({
  namespace: ${JSON.stringify(namespace)},
  name: "pages",
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 300,
});

/**
 * From the cache, or made by \`make\`: for all who ask at once only one does. In the Worker:
 *
 *   import { ${imported} } from "./caches";
 *   fetch: (request, env) => ${first}answer(request, () => fetch(request)),
 */
export function answer(request${type(": Request")}, make${type(": () => Promise<Response>")}) {
  return pages.wrap(request, make, { tags: ["page"] });
}

/** After a change, for everybody and everywhere: what was kept is not served any more. */
export function changed() {
  return pages.purge({ tags: ["page"] });
}
${standalone ? api : ""}`;
}
