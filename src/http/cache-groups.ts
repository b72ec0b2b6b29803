import { parseList } from "structured-headers";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";

/**
 * The tags that stand for the cache groups a response is in (RFC 9875 section 2). Groups are of one origin, so the tag
 * names it.
 */
export function groupTags(url: string, headers: Headers): Tag[] {
  return tagsFor(url, headers.get("cache-groups"));
}

/** The tags of the groups a response makes invalid (RFC 9875 section 3); it is for the caller to ask only for unsafe methods. */
export function invalidatedGroupTags(url: string, headers: Headers): Tag[] {
  return tagsFor(url, headers.get("cache-group-invalidation"));
}

/** A field that is no list of strings is ignored as a whole (RFC 9651 section 4.2). */
function tagsFor(url: string, field: string | null): Tag[] {
  if (field === null) return [];
  const names = groupNames(field);
  const { origin } = new URL(url);
  const tags = names.map((name) => `group:${origin}:${encodeURIComponent(name)}`);
  return tags.filter((tag): tag is Tag => tag.length <= limits.tagCharacters).slice(0, limits.groups);
}

function groupNames(field: string): string[] {
  try {
    const items = parseList(field).map(([value]) => value);
    return items.every((value) => typeof value === "string") ? items : [];
  } catch {
    return [];
  }
}
