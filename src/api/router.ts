import { Router } from "itty-router";
import { LarderError } from "../../schema/errors.ts";
import { parse } from "../../schema/validate.ts";
import { decide, lackOfAny, lackOfNamespace } from "./access.ts";
import { forbidden, identify } from "./auth.ts";
import { readJsonObject } from "./body.ts";
import { problem, problemOf } from "./problem.ts";
import { parseQuery } from "./query.ts";
import type { ApiOptions, Route } from "./route.ts";
import { routes } from "./routes.ts";

/** What the router matches and fills in: a route's path, which is the request's without the prefix. */
interface Routed {
  readonly params: Readonly<Record<string, string>>;
}

const verbs = { GET: "get", POST: "post", DELETE: "delete" } as const;

/** The REST API, as a function from request to answer. It never throws: every error is a problem document (RFC 9457). */
export function createApi(api: ApiOptions): (request: Request) => Promise<Response> {
  const { prefix } = api;
  const router = Router({ catch: problemOf });
  for (const [path, declared] of Map.groupBy(routes, ({ path: of }) => of)) {
    for (const each of declared) {
      const handle = (routed: Routed, request: Request) => called(api, each, routed, request);
      router[verbs[each.method]](path, handle);
    }
    const methods = declared.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
    router.all(path, () => methodNotAllowed(methods.join(", ")));
  }
  router.all("*", notFound);

  const answered = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith(`${prefix}/`)) return notFound();
    // The prefix is taken off rather than given to the router, where its characters would mean patterns.
    url.pathname = url.pathname.slice(prefix.length);
    const method = request.method === "HEAD" ? "GET" : request.method;
    return router.fetch({ method, url: url.href }, request);
  };

  return async (request) => {
    const response = await answered(request);
    // HEAD is GET without the content (RFC 9110 section 9.3.2).
    return request.method === "HEAD" ? new Response(null, response) : response;
  };
}

/** Nothing of a request is looked at before its sender is known to be allowed to ask. */
async function called(api: ApiOptions, route: Route, { params }: Routed, request: Request): Promise<Response> {
  const inNamespace = namespaceIn(params);
  const caller = await identify(api, route, inNamespace ?? "", request);
  if (caller instanceof Response) return caller;
  const { grant } = caller;
  const early =
    route.access === "open"
      ? undefined
      : (lackOfAny(grant, route.scopes) ??
        (inNamespace === undefined ? undefined : lackOfNamespace(grant, inNamespace)));
  if (early !== undefined) return forbidden(early);
  const query = parseQuery(route.query, request);
  const body = route.body === undefined ? undefined : parse(route.body, await readJsonObject(request));
  const call = { api, caller, namespace: inNamespace ?? "", params, query, body, request };
  const { needs = route.scopes, namespace = inNamespace, about } = await route.asks(call);
  const verdict = decide(grant, { needs, namespace, about });
  return verdict.allowed ? route.handle(call, verdict.maxEntries) : forbidden(verdict.lack);
}

/** Undefined where the path has none. */
function namespaceIn({ namespace }: Routed["params"]): string | undefined {
  try {
    return namespace === undefined ? undefined : decodeURIComponent(namespace);
  } catch {
    const message = "namespace: the path holds a broken escape; percent-encode the name (encodeURIComponent)";
    throw new LarderError("invalid-input", message, { field: "namespace" });
  }
}

/** With the methods there are, as RFC 9110 section 15.5.6 demands. */
function methodNotAllowed(methods: string): Response {
  return problem(new LarderError("method-not-allowed", `This route answers ${methods} only`), { Allow: methods });
}

function notFound(): Response {
  const known = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "<$1>")}`).join(", ");
  return problem(new LarderError("not-found", `There is nothing at this path; under its prefix the API has ${known}`));
}
