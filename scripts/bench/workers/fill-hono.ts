import { Hono } from "hono";
import { cache } from "hono/cache";

const app = new Hono<{ Bindings: { readonly SHOP: Fetcher } }>();

/** Hono's cache middleware, over the platform's cache. */
app.get("*", cache({ cacheName: "pages" }));
app.get("*", (context) => context.env.SHOP.fetch(context.req.url));

export default app;
