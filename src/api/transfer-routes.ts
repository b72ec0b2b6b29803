import { ExportRequestSchema } from "../../schema/export.ts";
import { ImportCountsSchema, ImportEntriesSchema, ImportPartSchema, ImportRequestSchema } from "../../schema/import.ts";
import { answer } from "./answer.ts";
import { ExportAnswer, ImportAnswer, ImportedAnswer } from "./answers.ts";
import { aboutAllOfIt, aboutNamespace } from "./asks.ts";
import { applied } from "./import.ts";
import type { Route } from "./route.ts";
import { OF_NAMESPACE, route } from "./route.ts";

const IMPORT = `${OF_NAMESPACE}/imports/:id`;

/** Those by which a namespace is written out, and becomes another: docs/export.md. */
export const transferRoutes: readonly Route[] = [
  route({
    operationId: "exportLog",
    method: "GET",
    path: `${OF_NAMESPACE}/export`,
    summary: "The log with all that belongs to it, deployments and schedules, as lines of an export",
    scopes: ["entries:read"],
    asks: aboutNamespace,
    query: ExportRequestSchema,
    answer: { status: 200, description: "A page; the last says where the log stands", schema: ExportAnswer },
    handle: async ({ api, namespace, query }) => answer(await api.namespace(namespace).exportLog(query)),
  }),
  route({
    operationId: "beginImport",
    method: "POST",
    path: `${OF_NAMESPACE}/imports`,
    summary: "Begins to make an empty namespace another, which was exported; or tells whether it could",
    scopes: ["admin"],
    asks: aboutAllOfIt,
    body: ImportRequestSchema,
    answer: { status: 201, description: "How far that import is", schema: ImportAnswer },
    errors: ["not-empty"],
    handle: async ({ api, namespace, body }) =>
      answer(await api.namespace(namespace).beginImport(body), { status: 201 }),
  }),
  route({
    operationId: "putImportPart",
    method: "POST",
    path: `${IMPORT}/parts`,
    summary: "Hands lines of the log, deployments and schedules over, to be taken over later",
    scopes: ["admin"],
    asks: aboutAllOfIt,
    body: ImportPartSchema,
    answer: { status: 200, description: "How far that import is", schema: ImportAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params, body }) =>
      answer(await api.namespace(namespace).putImportPart(params["id"] ?? "", body)),
  }),
  route({
    operationId: "applyImport",
    method: "POST",
    path: `${IMPORT}/apply`,
    summary: "Takes over all that was handed over, or nothing",
    scopes: ["admin"],
    asks: aboutAllOfIt,
    body: ImportCountsSchema,
    answer: { status: 200, description: "How far that import is", schema: ImportAnswer },
    errors: ["not-found", "not-empty"],
    handle: async ({ api, namespace, params, body }) =>
      answer(await applied(() => api.namespace(namespace), params["id"] ?? "", body)),
  }),
  route({
    operationId: "importEntries",
    method: "POST",
    path: `${IMPORT}/entries`,
    summary: "Adds entries to the index, after the log; those that are there already stay",
    scopes: ["admin"],
    asks: aboutAllOfIt,
    body: ImportEntriesSchema,
    answer: { status: 200, description: "What became of them", schema: ImportedAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params, body }) =>
      answer(await api.namespace(namespace).importEntries(params["id"] ?? "", body)),
  }),
  route({
    operationId: "endImport",
    method: "DELETE",
    path: IMPORT,
    summary: "Is done with an import, or gives it up; what was taken over stays",
    scopes: ["admin"],
    asks: aboutAllOfIt,
    answer: { status: 200, description: "How far it was", schema: ImportAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) => answer(await api.namespace(namespace).endImport(params["id"] ?? "")),
  }),
];
