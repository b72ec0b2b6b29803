import { env } from "cloudflare:workers";
import { NamespaceSchema } from "../../schema/names.ts";
import { parse } from "../../schema/validate.ts";
import type { ApiOptions, NamespaceObject } from "../../src/api/route.ts";
import { createApi } from "../../src/api/router.ts";

export const TOKEN = "a-token";

export function objectNamed(name: string): NamespaceObject {
  return env.NAMESPACES.getByName(parse(NamespaceSchema, name, "namespace")) as unknown as NamespaceObject;
}

/** The API in front of the real objects. */
export function apiWith(options: Partial<ApiOptions> = {}): (request: Request) => Promise<Response> {
  return createApi({
    prefix: "/.larder",
    token: TOKEN,
    namespace: objectNamed,
    directory: () => env.NAMESPACES.getByName("larder") as unknown as NamespaceObject,
    ...options,
  });
}
