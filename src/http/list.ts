/** A token of RFC 9110 section 5.6.2, whole. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The members of a list field (RFC 9110 section 5.6.1), trimmed, empty ones left out. Commas inside quoted strings
 * (section 5.6.4) do not separate.
 *
 * A quote that is never closed is taken as an ordinary character: if it hid what follows, one stray quote could hide a
 * `no-store`.
 *
 * Entity-tags hold no quoted strings though they look it, since a backslash escapes nothing in them; they have a parser
 * of their own in entity-tag.ts.
 */
export function splitList(text: string): string[] {
  return splitOutsideQuotes(text, ",").filter((member) => member !== "");
}

/** A member of a list field and its parameters (RFC 9110 section 5.6.6), the member itself first, trimmed. */
export function splitParameters(member: string): string[] {
  return splitOutsideQuotes(member, ";");
}

function splitOutsideQuotes(text: string, separator: "," | ";"): string[] {
  const members: string[] = [];
  let start = 0;
  let quotesOpen = true;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"' && quotesOpen) {
      const end = closingQuote(text, at);
      // Where one quote finds no partner none after it does, so the text is not searched again.
      if (end === undefined) quotesOpen = false;
      else at = end;
    } else if (text[at] === separator) {
      members.push(text.slice(start, at));
      start = at + 1;
    }
  }
  members.push(text.slice(start));
  return members.map(trimOws);
}

function closingQuote(text: string, openAt: number): number | undefined {
  for (let at = openAt + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return undefined;
}

/** Optional white space, which is only space and tab (RFC 9110 section 5.6.3). */
export function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text[start])) start += 1;
  while (end > start && isOws(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isOws(character: string | undefined): boolean {
  return character === " " || character === "\t";
}
