import { parseXml, XmlElement } from "@rgrove/parse-xml";
import * as v from "valibot";
import { LarderError } from "./errors.ts";
import type { AbsoluteUrl } from "./key.ts";
import { AskedUrl } from "./request-url.ts";

/** What a sitemap names (sitemaps.org/protocol.html): pages, or other sitemaps. */
export interface Sitemap {
  readonly pages: readonly AbsoluteUrl[];
  readonly sitemaps: readonly AbsoluteUrl[];
}

/**
 * Reads a sitemap, or an index of sitemaps. What it names that is no URL is left out.
 *
 * @throws LarderError `invalid-input` for what is neither
 */
export function readSitemap(text: string): Sitemap {
  const root = rootOf(text);
  if (root?.name === "urlset") return { pages: locations(root, "url"), sitemaps: [] };
  if (root?.name === "sitemapindex") return { pages: [], sitemaps: locations(root, "sitemap") };
  throw notOne(root === null ? "it is empty" : `it is a <${root.name}>`);
}

/** The elements are told by their names, whatever namespace they are in: sitemaps in the wild have several. */
function locations(root: XmlElement, of: "url" | "sitemap"): AbsoluteUrl[] {
  const urls = elements(root, of).flatMap((element) => {
    const [loc] = elements(element, "loc");
    const checked = v.safeParse(AskedUrl, loc?.text.trim());
    return checked.success ? [checked.output] : [];
  });
  return [...new Set(urls)];
}

function elements(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

function rootOf(text: string): XmlElement | null {
  try {
    return parseXml(text.replace(/^\ufeff/, "")).root;
  } catch (error) {
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw notOne(`it is no XML: ${why}`);
  }
}

function notOne(why: string): LarderError {
  const message = `sitemap: must be a <urlset> or a <sitemapindex> (sitemaps.org/protocol.html); ${why}`;
  return new LarderError("invalid-input", message, { field: "sitemap" });
}
