import { defineConfig } from "./src/gateway/index.ts";

/**
 * The gateway's routes. Without any, it stands in front of the site that `ORIGIN` names and follows what that says of its
 * responses; docs/routes.md tells what routes can say.
 */
export default defineConfig({});
