import { Html, html } from "./html.ts";
import type { Product } from "./products.ts";
import { style } from "./style.ts";

export function listingPage(products: readonly Product[]): string {
  const items = products.map(
    (product) => html`<li>
      <a href="/products/${product.id}"><strong>${product.name}</strong> <span>${amount(product)}</span></a>
      <p>${product.description}</p>
    </li>`,
  );
  return page("The Corner Shop", html`<h1>The Corner Shop</h1><ul class="products">${items}</ul>`);
}

export function productPage(product: Product): string {
  return page(
    product.name,
    html`<p><a href="/">← All products</a></p>
    <h1>${product.name}</h1>
    <p class="price">${amount(product)}</p>
    <p>${product.description}</p>
    <form method="post">
      <h2>Edit</h2>
      <label>Name <input name="name" value="${product.name}" required maxlength="80" autocomplete="off"></label>
      <label>Price <input name="price" value="${amount(product)}" required inputmode="decimal" autocomplete="off"></label>
      <button>Save and purge</button>
      <p class="hint">Saves at the back end, then purges this page and the listing by tag. Other pages stay cached.</p>
    </form>`,
  );
}

/** A page that says one thing: not found, a form refused, a back end down. */
export function noticePage(title: string, text: string): string {
  return page(title, html`<p><a href="/">← All products</a></p><h1>${title}</h1><p>${text}</p>`);
}

function amount({ priceCents }: Product): string {
  return (priceCents / 100).toFixed(2);
}

/**
 * The footer tells both times: when this body was made, which is part of the body and cached with it, and how long this
 * very view took, which only its headers know.
 */
function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
<main>
${content}
</main>
<footer>
  <p id="view"></p>
  <p>Made at ${new Date().toISOString().slice(11, 23)} UTC. <a href="/stats">Counts</a></p>
</footer>
<script>${new Html(viewScript)}</script>
</html>
`.text;
}

const viewScript = `
const timing = Object.fromEntries(performance.getEntriesByType("navigation")[0].serverTiming.map((t) => [t.name, t]));
if (timing.total) {
  const hit = timing.cache?.description === "hit";
  const view = document.getElementById("view");
  view.textContent = (hit ? "Hit: from the cache" : "Not cached: from the back end") + " in " + timing.total.duration + " ms";
  view.className = hit ? "hit" : "miss";
}
`;
