import type { Cache, WrapOptions } from "./cache.ts";

/** What the middleware needs of a framework's context: Hono's has it. */
interface MiddlewareContext {
  readonly req: { readonly raw: Request };
  readonly env: unknown;
  get res(): Response;
  set res(response: Response | undefined);
  /** Whether there is a response already, so that what a handler returns is none any more. */
  finalized: boolean;
}

export interface MiddlewareOptions extends WrapOptions {
  /**
   * The app itself, which is asked anew to refresh what is stale: once an answer has gone out, the handlers cannot be run
   * again for its request. Without it nothing is kept for longer than its lifetime.
   */
  readonly app?: { fetch(request: Request, env?: unknown): Response | Promise<Response> };
}

/** Requests by which the app is asked to refresh, so that they are not answered by what they are to refresh. */
const refreshing = new WeakSet<Request>();

/**
 * A middleware that answers from the cache, and runs the handlers behind it only where that has nothing: `wrap` for
 * frameworks whose middleware gets a context and `next`, such as Hono.
 *
 * ```ts
 * const app = new Hono();
 * app.use("/products/*", cached(pages, { app, tags: ["products"] }));
 * app.get("/products/:id", (c) => c.json(load(c.req.param("id"))));
 * ```
 *
 * What middleware behind this one does to the response is stored; what that in front of it does is not, but for a
 * refresh, which goes through all of it.
 */
export function cached<Context extends MiddlewareContext>(
  cache: Pick<Cache, "wrap">,
  { app, ...options }: MiddlewareOptions = {},
) {
  const kept = app === undefined ? { ...options, staleWhileRevalidateSeconds: 0 } : options;
  return async (context: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    const request = context.req.raw;
    if (refreshing.has(request)) {
      await next();
      return undefined;
    }
    let isAnswered = false;
    const load = async () => {
      if (isAnswered) {
        if (app === undefined) throw new Error("there is no app to refresh by");
        const anew = new Request(request);
        refreshing.add(anew);
        return app.fetch(anew, context.env);
      }
      await next();
      return context.res;
    };
    const answer = await cache.wrap(request, load, kept);
    isAnswered = true;
    // What the handlers made has been used up, and its fields would be put on the answer once more.
    context.res = undefined;
    context.finalized = false;
    return answer;
  };
}
