import { Router } from "itty-router";
import { LarderError } from "../../schema/errors.ts";
import { CacheNameSchema } from "../../schema/names.ts";
import { HistoryRequestSchema, PurgeRequestSchema, SeqSchema } from "../../schema/purge-request.ts";
import type { CallContext, NamespaceRpc } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import { answer } from "./answer.ts";
import { requireToken } from "./auth.ts";
import { readJsonObject } from "./body.ts";
import type { Explaining } from "./explain.ts";
import { explained } from "./explain.ts";
import { problem, problemOf } from "./problem.ts";
import { readQuery } from "./query.ts";

export interface ApiOptions {
  /** The reserved path that the API lies under, such as `/.larder`: with a slash before it and none after it. */
  readonly prefix: string;
  /** The bearer token; undefined or blank keeps the API closed. */
  readonly token: string | undefined;
  /** The object of a namespace. It checks the name, and throws LarderError `invalid-input` where there can be none. */
  readonly namespace: (name: string) => NamespaceRpc;
  /** Left out, there is no route for it. */
  readonly explaining?: Explaining;
}

/** What the router matches and fills in: a route's path, which is the request's without the prefix. */
interface Routed {
  readonly params: Readonly<Record<string, string>>;
}

const PURGE = "/v1/caches/:namespace/purge";
const HISTORY = "/v1/caches/:namespace/purges";
const REVOKE = "/v1/caches/:namespace/purges/:seq/revoke";
const EXPLAIN = "/v1/caches/:namespace/explain";
const STATS = "/v1/caches/:namespace/stats";

/** Who asks, for the history: there is one token so far. */
const BY = "token";

/** Asks for none of the log, since the API keeps no view of it. */
const CONTEXT: CallContext = {};

/**
 * The REST API, as a function from request to answer. It never throws: every error is a problem document (RFC 9457).
 *
 * - `POST <prefix>/v1/caches/:namespace/purge` with a `PurgeRequest` (schema/purge.ts) as JSON → {@link PurgeResult}, or {@link DryRunResult}
 * - `GET <prefix>/v1/caches/:namespace/purges[?before=seq&limit=n]` → {@link PurgeHistoryPage}
 * - `POST <prefix>/v1/caches/:namespace/purges/:seq/revoke` → {@link RevokeResult}
 * - `GET <prefix>/v1/caches/:namespace/stats[?cache=name]` → `CacheStats` (schema/rpc.ts)
 * - `POST <prefix>/v1/caches/:namespace/explain` with an `ExplainRequest` (schema/explain.ts) as JSON → `Explanation`, of
 *   the coordinator's own data centre
 */
export function createApi({
  prefix,
  token,
  namespace,
  explaining,
}: ApiOptions): (request: Request) => Promise<Response> {
  const authorize = requireToken(token);
  const guard = (_routed: Routed, request: Request) => authorize(request);

  const purge = async (routed: Routed, request: Request) => {
    readQuery(request, []);
    const object = namespace(namespaceName(routed));
    const checked = parse(PurgeRequestSchema, await readJsonObject(request));
    const { log: _, erased: __, ...result } = await object.purge(CONTEXT, checked, BY);
    return answer(result, "version" in result ? { headers: { "Larder-Version": result.version } } : {});
  };

  const history = async (routed: Routed, request: Request) => {
    const query = readQuery(request, ["before", "limit"]);
    const asked = parse(
      HistoryRequestSchema,
      Object.fromEntries([...query].map(([name, text]) => [name, Number(text)])),
    );
    const { log: _, ...page } = await namespace(namespaceName(routed)).history(CONTEXT, asked);
    return answer(page);
  };

  const revoke = async (routed: Routed, request: Request) => {
    readQuery(request, []);
    const seq = parse(SeqSchema, Number(routed.params["seq"]), "seq");
    const { log: _, ...result } = await namespace(namespaceName(routed)).revoke(CONTEXT, seq, BY);
    return answer(result, { headers: { "Larder-Version": result.version } });
  };

  const stats = async (routed: Routed, request: Request) => {
    const cache = readQuery(request, ["cache"]).get("cache");
    const object = namespace(namespaceName(routed));
    const name = cache === undefined ? null : parse(CacheNameSchema, cache, "cache");
    return answer((await object.stats(CONTEXT, name)).stats);
  };

  const explain = async (routed: Routed, request: Request) => {
    if (explaining === undefined) return notFound();
    readQuery(request, []);
    return answer(await explained(explaining, namespaceName(routed), await readJsonObject(request)));
  };

  const router = Router({ catch: problemOf })
    .post(PURGE, guard, purge)
    .all(PURGE, () => methodNotAllowed("POST"))
    .get(HISTORY, guard, history)
    .all(HISTORY, () => methodNotAllowed("GET, HEAD"))
    .post(REVOKE, guard, revoke)
    .all(REVOKE, () => methodNotAllowed("POST"))
    .post(EXPLAIN, guard, explain)
    .all(EXPLAIN, () => methodNotAllowed("POST"))
    .get(STATS, guard, stats)
    .all(STATS, () => methodNotAllowed("GET, HEAD"))
    .all("*", notFound);

  const route = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith(`${prefix}/`)) return notFound();
    // The prefix is taken off rather than given to the router, where its characters would mean patterns.
    url.pathname = url.pathname.slice(prefix.length);
    const method = request.method === "HEAD" ? "GET" : request.method;
    return router.fetch({ method, url: url.href }, request);
  };

  return async (request) => {
    const response = await route(request);
    // HEAD is GET without the content (RFC 9110 section 9.3.2).
    return request.method === "HEAD" ? new Response(null, response) : response;
  };
}

function namespaceName({ params }: Routed): string {
  try {
    return decodeURIComponent(params["namespace"] ?? "");
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
  const message =
    "There is nothing at this path; the API has POST …/v1/caches/<namespace>/purge, GET …/purges, POST …/purges/<seq>/revoke, POST …/explain and GET …/stats";
  return problem(new LarderError("not-found", message));
}
