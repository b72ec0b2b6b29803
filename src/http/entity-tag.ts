/** An entity-tag (RFC 9110 section 8.8.3). */
export interface EntityTag {
  readonly strength: "strong" | "weak";
  /** With its quotes. */
  readonly opaque: string;
}

/*
 * `W` is case-sensitive. Between the quotes anything may stand but a quote, a space or a control character: a comma
 * too, and a backslash stands for itself.
 */
const ENTITY_TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")$/;
const LIST_MEMBER = /[ \t,]*(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")[ \t]*(?=,|$)/gy;

/** The entity-tag that `text` is, or undefined where it is none. */
export function parseEntityTag(text: string): EntityTag | undefined {
  const match = ENTITY_TAG.exec(text);
  return match === null ? undefined : entityTagOf(match);
}

/** Whether `text` is an entity-tag: asked at every hit of a client that has a copy, so nothing is made of it. */
export function isEntityTag(text: string): boolean {
  return ENTITY_TAG.test(text);
}

/** The entity-tags of a list of at least one, or undefined where `text` is no such list. */
export function parseEntityTagList(text: string): readonly EntityTag[] | undefined {
  const tags: EntityTag[] = [];
  let end = 0;
  for (const match of text.matchAll(LIST_MEMBER)) {
    tags.push(entityTagOf(match));
    end = match.index + match[0].length;
  }
  // Empty members are allowed (RFC 9110 section 5.6.1.2), so commas may be left over at the end, but nothing else.
  return tags.length > 0 && /^[ \t,]*$/.test(text.slice(end)) ? tags : undefined;
}

function entityTagOf([, weak, opaque = ""]: RegExpExecArray): EntityTag {
  return { strength: weak === undefined ? "strong" : "weak", opaque };
}

/** RFC 9110 section 8.8.3.2: the same between the quotes, weak or not. */
export function matchesWeakly(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** RFC 9110 section 8.8.3.2: the same, and neither is weak. */
export function matchesStrongly(a: EntityTag, b: EntityTag): boolean {
  return a.strength === "strong" && b.strength === "strong" && a.opaque === b.opaque;
}
