/**
 * What `larder.config.ts` imports.
 */
export { CustomCacheKey } from "../../schema/custom-cache-key.ts";
export type { RouteCache } from "../../schema/route.ts";
export type { GatewayConfig } from "./config.ts";
export { defineConfig } from "./config.ts";
export type { Proxied, RouteHandler, RouteHelpers } from "./router.ts";
export { Router } from "./router.ts";
