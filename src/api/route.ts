import * as v from "valibot";
import type { ErrorCode } from "../../schema/errors.ts";
import type { NamespaceOperations, NamespaceRpc } from "../../schema/rpc.ts";
import type { Scope } from "../../schema/token.ts";
import type { Grant } from "./access.ts";
import type { Asks } from "./asks.ts";
import type { Explaining } from "./explain.ts";
import type { Diagnosing } from "./health.ts";
import type { Tokens } from "./tokens.ts";

/** The path of all that is of one namespace. */
export const OF_NAMESPACE = "/v1/caches/:namespace";

/** The object of a namespace, as the API uses it. */
export type NamespaceObject = NamespaceRpc & NamespaceOperations;

/** What the API works with. */
export interface ApiOptions {
  /** The reserved path that the API lies under, such as `/.larder`: with a slash before it and none after it. */
  readonly prefix: string;
  /** The bearer token that may do everything. Where it is undefined or blank, and no others are taken, the API is closed. */
  readonly token: string | undefined;
  /** What tokens that are signed are checked by; left out, none are taken. */
  readonly tokens?: Tokens | undefined;
  /** The object of a namespace. It checks the name, and throws LarderError `invalid-input` where there can be none. */
  readonly namespace: (name: string) => NamespaceObject;
  /** The object that knows the namespaces there are, and the tokens that are revoked. */
  readonly directory: () => Pick<NamespaceOperations, "namespaces" | "revokeToken" | "revokedTokens">;
  /** Left out, there is no route for it. */
  readonly explaining?: Explaining | undefined;
  /** The same. */
  readonly diagnosing?: Diagnosing | undefined;
}

/** Who sends a request. */
export interface Caller {
  readonly grant: Grant;
  /** For the history of purges. */
  readonly by: string;
  /** Of a token that is signed: which it is, and when it ends. */
  readonly token: { readonly id: string; readonly endsAtMs: number } | undefined;
}

/** One call of a route, checked. */
export interface Call<Query, Body> {
  readonly api: ApiOptions;
  readonly caller: Caller;
  /** Of the path; empty where the route has none. */
  readonly namespace: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly request: Request;
}

export type QuerySchema = v.GenericSchema & { readonly entries: Readonly<Record<string, v.GenericSchema>> };

/** What a route answers when it does what it was asked. */
export interface AnswerDeclared {
  readonly status: number;
  readonly description: string;
  /** Left out where it is no JSON. */
  readonly schema?: v.GenericSchema;
  readonly types?: readonly string[];
}

/** One route of the API. The router, the check of what comes in, and the OpenAPI document are made of this. */
export interface Route {
  readonly operationId: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Under the prefix, with `:name` for what it holds. */
  readonly path: string;
  readonly summary: string;
  /**
   * `token`: the bearer token. `feed`: that, or what a browser can send in its place. `open`: nothing.
   */
  readonly access: "token" | "feed" | "open";
  /** Who has none of these gets no further. Of several, what is asked decides which are needed. Empty where it is open. */
  readonly scopes: readonly Scope[];
  /** What a call is about: only who may do that gets an answer. */
  readonly asks: (call: Call<unknown, unknown>) => Asks | Promise<Asks>;
  readonly query: QuerySchema;
  readonly body: v.GenericSchema | undefined;
  readonly answer: AnswerDeclared;
  /** Besides those that every route has. */
  readonly errors: readonly ErrorCode[];
  /** `maxEntries`: what a purge may hit, by the token it comes by. */
  readonly handle: (call: Call<unknown, unknown>, maxEntries: number | undefined) => Promise<Response>;
}

const nothing = v.strictObject({});

/** Declares a route: what its handler gets is what its schemas make of the request. */
export function route<
  Query extends QuerySchema = typeof nothing,
  Body extends v.GenericSchema = v.GenericSchema,
>(declared: {
  readonly operationId: string;
  readonly method: Route["method"];
  readonly path: string;
  readonly summary: string;
  readonly access?: Route["access"];
  readonly scopes: Route["scopes"];
  readonly asks: (call: Call<v.InferOutput<Query>, v.InferOutput<Body>>) => Asks | Promise<Asks>;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: AnswerDeclared;
  readonly errors?: readonly ErrorCode[];
  readonly handle: (
    call: Call<v.InferOutput<Query>, v.InferOutput<Body>>,
    maxEntries: number | undefined,
  ) => Promise<Response>;
}): Route {
  const { query = nothing, body, access = "token", errors = [] } = declared;
  const asks = declared.asks as Route["asks"];
  return { ...declared, query, body, access, errors, asks, handle: declared.handle as Route["handle"] };
}
