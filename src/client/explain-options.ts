import * as v from "valibot";
import type { ExplainWish } from "../../schema/explain.ts";
import { ResponseSketchSchema } from "../../schema/explain.ts";
import type { KeyOptions } from "../../schema/options.ts";
import { KeyOptionsSchema } from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";

/** What may be asked besides why a request is or is not answered from the cache. */
export interface ExplainOptions extends KeyOptions {
  /** What would become of this response to the request? Its body is not read, and need not be there. */
  readonly response?: Response | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
}

const ExplainOptionsSchema = v.strictObject({
  ...KeyOptionsSchema.entries,
  response: v.optional(ResponseSketchSchema),
});

/** The options as they cross RPC. @throws LarderError `invalid-input` */
export function toExplainWish(options: ExplainOptions): ExplainWish {
  const { response } = options;
  if (!(response instanceof Response)) return parse(ExplainOptionsSchema, options);
  const { status, headers } = response;
  return parse(ExplainOptionsSchema, { ...options, response: { status, headers: Object.fromEntries(headers) } });
}
