import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { ErrorCode } from "../../schema/errors.ts";
import { scopes } from "../../schema/token.ts";
import { ProblemAnswer } from "./answers.ts";
import { kinds } from "./problem.ts";
import type { QuerySchema, Route } from "./route.ts";
import { VERSION } from "./version.ts";

type Json = { readonly [name: string]: unknown };

/** Errors that every route may answer. */
const ALWAYS: readonly ErrorCode[] = ["invalid-input", "unreachable", "internal"];
const WITH_TOKEN: readonly ErrorCode[] = ["unauthorized", "api-closed", "insufficient-scope"];
const WITH_BODY: readonly ErrorCode[] = ["body-too-large"];

/**
 * The OpenAPI 3.1 document of the routes, made of the very schemas by which requests are checked. What these check beyond
 * what JSON Schema can say, such as that one field goes with another, is left out of it, and refused all the same.
 */
export function openApi(routes: readonly Route[], prefix: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Larder",
      version: VERSION,
      summary: "Named caches on Cloudflare Workers: what is in them, purges, statistics and the live feed.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: prefix }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: `The coordinator's LARDER_TOKEN, which may do everything; or a token made by larder token create, with scopes: ${scopes.join(", ")}. Where an operation names several, what is asked decides which are needed; admin stands for all`,
        },
        ticket: {
          type: "apiKey",
          in: "query",
          name: "ticket",
          description: "Of createTicket; good for one connection",
        },
      },
      schemas: { Problem: jsonSchema(ProblemAnswer) },
    },
  };
}

function operation(route: Route): Json {
  const { operationId, summary, path, access, query, body, answer, errors } = route;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: name === "seq" ? { type: "integer", minimum: 1 } : { type: "string" },
  }));
  const codes = [
    ...ALWAYS,
    ...(access === "open" ? [] : WITH_TOKEN),
    ...(body === undefined ? [] : WITH_BODY),
    ...errors,
  ];
  return {
    operationId,
    summary,
    ...(access === "open" ? {} : { security: security(route) }),
    parameters: [...inPath, ...queryParameters(query)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body) } } } }),
    responses: { [answer.status]: declaredAnswer(answer), ...problems(codes) },
  };
}

/** Any scheme may name what it takes of scopes or roles since OpenAPI 3.1 ("Security Requirement Object"). */
function security({ access, scopes: needed }: Route): Json[] {
  const byToken = needed.map((scope) => ({ token: [scope] }));
  return access === "feed" ? [...byToken, { ticket: [] }] : byToken;
}

function queryParameters(query: QuerySchema): Json[] {
  const { properties = {}, required = [] } = jsonSchema(query) as { properties?: Json; required?: readonly string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
    // A list is one parameter, with commas between.
    ...((schema as Json)["type"] === "array" ? { style: "form", explode: false } : {}),
  }));
}

function declaredAnswer({ description, schema, types }: Route["answer"]): Json {
  if (schema !== undefined) return { description, content: { "application/json": { schema: jsonSchema(schema) } } };
  if (types === undefined) return { description };
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }])) };
}

/** By status: the codes that have it are told in words. */
function problems(codes: readonly ErrorCode[]): Json {
  const byStatus = Object.groupBy(codes, (code) => kinds[code].status);
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, of = []]) => [status, { description: of.join(", "), content }]),
  );
}

function jsonSchema(schema: v.GenericSchema): Json {
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore", typeMode: "input" });
  return rest;
}
