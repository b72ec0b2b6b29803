import { type DocumentNode, parse, stripIgnoredCharacters } from "graphql";
import { canonicalJson, isArray, isObject, type Json, parseExactly } from "./exact-json.ts";

/**
 * What operations without a document are, that is those asked for by a hash or an id alone: `queries`, which whoever says
 * so vouches for, or `unknown`. The request does not tell, and a mutation must never be answered from a cache.
 */
export type Persisted = "queries" | "unknown";

export type GraphqlKey =
  | { readonly kind: "query"; readonly text: string }
  | { readonly kind: "not-a-query"; readonly why: NotAQuery };

export type NotAQuery = "mutation" | "subscription" | "unparsable" | "persisted";

/**
 * What the body of a GraphQL request over HTTP asks for (graphql.github.io/graphql-over-http/draft, "POST"), in one
 * spelling: that of its document without ignored characters (spec.graphql.org, "Ignored Tokens"), and all else in
 * canonical JSON. A batch is a list of these.
 *
 * The document is kept whole, with the operations and fragments that `operationName` leaves out: servers validate all of
 * it, so that a fault in a part that is not run makes for another answer, often with status 200. For the same reason the
 * parser is the reference's own: one that is more lenient would find a wrong document to be the same as a right one.
 *
 * A document that holds a mutation or a subscription anywhere is none to be kept: servers differ in where they look for
 * `operationName`.
 */
export function graphqlKey(body: string, persisted: Persisted): GraphqlKey {
  const json = parseExactly(body);
  if (!isArray(json)) return judge(json, persisted);
  if (json.length === 0) return notAQuery("unparsable");
  const texts: string[] = [];
  for (const request of json) {
    const judged = judge(request, persisted);
    if (judged.kind === "not-a-query") return judged;
    texts.push(judged.text);
  }
  return { kind: "query", text: `[${texts.join(",")}]` };
}

function judge(request: Json | undefined, persisted: Persisted): GraphqlKey {
  if (!isObject(request) || hasLookalikes(request)) return notAQuery("unparsable");
  const { query, ...rest } = request;
  if (query === undefined || query === null) {
    return persisted === "queries" ? { kind: "query", text: canonicalJson(request) } : notAQuery("persisted");
  }
  if (typeof query !== "string") return notAQuery("unparsable");
  const document = parsed(query);
  if (document === undefined) return notAQuery("unparsable");
  for (const definition of document.definitions) {
    if (definition.kind === "FragmentDefinition") continue;
    if (definition.kind !== "OperationDefinition") return notAQuery("unparsable");
    if (definition.operation !== "query") return notAQuery(definition.operation);
  }
  return { kind: "query", text: canonicalJson({ ...rest, query: stripIgnoredCharacters(query) }) };
}

function notAQuery(why: NotAQuery): GraphqlKey {
  return { kind: "not-a-query", why };
}

/** Tokens in a document that is worth parsing; the default of Apollo Router's `parser_max_tokens`. */
const MOST_TOKENS = 15_000;

function parsed(document: string): DocumentNode | undefined {
  try {
    return parse(document, { noLocation: true, maxTokens: MOST_TOKENS });
  } catch {
    // A GraphQLError, or a RangeError for what is nested too deeply.
    return undefined;
  }
}

/** What a request is made of (graphql.github.io/graphql-over-http/draft, "Request Parameters"). */
export const REQUEST_MEMBERS = ["query", "operationName", "variables", "extensions"];

/** Some servers read `Query` as `query` (Go's encoding/json does), and so would run what is not looked at here. */
function hasLookalikes(request: { readonly [name: string]: Json }): boolean {
  return Object.keys(request).some(
    (name) =>
      !REQUEST_MEMBERS.includes(name) && REQUEST_MEMBERS.some((member) => member.toUpperCase() === name.toUpperCase()),
  );
}
