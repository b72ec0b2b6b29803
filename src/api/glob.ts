/**
 * Whether a name is one that the glob stands for: `*` is any characters, none among them, and `?` is one. It goes back to
 * the last `*` alone, so that it takes no more steps than the one length times the other, both of which are bounded: a
 * regular expression made of the same may take exponentially many.
 */
export function matchesGlob(glob: string, name: string): boolean {
  let at = 0;
  let nameAt = 0;
  /** After the last `*`, and where in the name what follows it was tried last. */
  let star = -1;
  let triedAt = 0;
  while (nameAt < name.length) {
    const sign = glob[at];
    if (sign === "*") {
      at += 1;
      star = at;
      triedAt = nameAt;
    } else if (sign !== undefined && (sign === "?" || sign === name[nameAt])) {
      at += 1;
      nameAt += 1;
    } else if (star !== -1) {
      triedAt += 1;
      nameAt = triedAt;
      at = star;
    } else {
      return false;
    }
  }
  while (glob[at] === "*") at += 1;
  return at === glob.length;
}
