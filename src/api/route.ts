import * as v from "valibot";
import type { ErrorCode } from "../../schema/errors.ts";
import type { NamespaceOperations, NamespaceRpc } from "../../schema/rpc.ts";
import type { Explaining } from "./explain.ts";
import type { Diagnosing } from "./health.ts";

/** The path of all that is of one namespace. */
export const OF_NAMESPACE = "/v1/caches/:namespace";

/** The object of a namespace, as the API uses it. */
export type NamespaceObject = NamespaceRpc & NamespaceOperations;

/** What the API works with. */
export interface ApiOptions {
  /** The reserved path that the API lies under, such as `/.larder`: with a slash before it and none after it. */
  readonly prefix: string;
  /** The bearer token; undefined or blank keeps the API closed. */
  readonly token: string | undefined;
  /** The object of a namespace. It checks the name, and throws LarderError `invalid-input` where there can be none. */
  readonly namespace: (name: string) => NamespaceObject;
  /** The object that knows the namespaces there are. */
  readonly directory: () => Pick<NamespaceOperations, "namespaces">;
  /** Left out, there is no route for it. */
  readonly explaining?: Explaining | undefined;
  /** The same. */
  readonly diagnosing?: Diagnosing | undefined;
}

/** One call of a route, checked. */
export interface Call<Query, Body> {
  readonly api: ApiOptions;
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
  readonly query: QuerySchema;
  readonly body: v.GenericSchema | undefined;
  readonly answer: AnswerDeclared;
  /** Besides those that every route has. */
  readonly errors: readonly ErrorCode[];
  readonly handle: (call: Call<unknown, unknown>) => Promise<Response>;
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
  readonly query?: Query;
  readonly body?: Body;
  readonly answer: AnswerDeclared;
  readonly errors?: readonly ErrorCode[];
  readonly handle: (call: Call<v.InferOutput<Query>, v.InferOutput<Body>>) => Promise<Response>;
}): Route {
  const { query = nothing, body, access = "token", errors = [] } = declared;
  return { ...declared, query, body, access, errors, handle: declared.handle as Route["handle"] };
}
