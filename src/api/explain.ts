import type * as v from "valibot";
import { LarderError } from "../../schema/errors.ts";
import type { ExplainRequestSchema, ExplainWish, Explanation } from "../../schema/explain.ts";
import { NamespaceSchema } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";

/** What explains requests, and whose declarations it knows. */
export interface Explaining {
  /** Explains a request to a cache. It reads the request's body where it is told apart by that. */
  readonly explain: (config: CacheConfig, request: Request, wish: ExplainWish) => Promise<Explanation>;
  /**
   * The declaration by which a cache that the coordinator itself keeps, such as the gateway's, keeps a request, for
   * requests that bring none; undefined for any other cache. A lifetime of its responses may be guessed (RFC 9111 section 4.2.2).
   */
  readonly configFor?: ((cache: string, request: Request) => CacheConfig | undefined) | undefined;
}

/** The coordinator has a data centre of its own, which need not be that of the app or of its callers. */
type Answered = Explanation & { readonly dataCentre: "the one that answered" };

/**
 * What the body of a REST request asks.
 *
 * @throws LarderError `invalid-input`, naming the field of the body
 */
export async function explained(
  { explain, configFor }: Explaining,
  name: string,
  asked: v.InferOutput<typeof ExplainRequestSchema>,
): Promise<Answered> {
  const namespace = parse(NamespaceSchema, name, "namespace");
  const { cache, url, method, headers, body: content, options, response } = asked;
  const request = requestOf(url, { method, headers, ...(content === undefined ? {} : { body: content }) });
  const own = options === undefined ? configFor?.(cache, request) : undefined;
  const config = own === undefined ? declared({ ...options }, cache, namespace) : { ...own, namespace };
  const explanation = await explain(config, request, {
    ...(response === undefined ? {} : { response }),
    ...(own === undefined ? {} : { heuristics: "on" }),
  });
  return { ...explanation, dataCentre: "the one that answered" };
}

/** The declaration in a request; where it names the cache and the namespace, these have to be the ones asked about. */
function declared(options: Readonly<Record<string, unknown>>, cache: string, namespace: string): CacheConfig {
  const asked = { name: cache, namespace };
  for (const [field, value] of Object.entries(asked)) {
    if (options[field] === undefined || options[field] === value) continue;
    const path = `options.${field}`;
    throw new LarderError("invalid-input", `${path}: must be "${value}", which is asked about, or left out`, {
      field: path,
    });
  }
  return parse(CacheOptionsSchema, { ...options, ...asked }, "options");
}

/** The runtime makes no requests of some methods, CONNECT and TRACE among them. */
function requestOf(url: string, init: RequestInit & { readonly method: string }): Request {
  try {
    return new Request(url, init);
  } catch {
    throw new LarderError("invalid-input", `method: there is no request by ${init.method} here`, { field: "method" });
  }
}
