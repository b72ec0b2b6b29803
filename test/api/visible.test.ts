import { expect, it } from "vitest";
import type { Namespace } from "../../schema/names.ts";
import { visibleNamespaces } from "../../src/api/visible.ts";

/** A directory whose pages hold one name each, whatever is asked. */
function directoryOf(names: readonly string[]) {
  const namespaces = async ({ after = "" }) => {
    const at = names.findIndex((name) => name > after);
    const own = at === -1 ? [] : names.slice(at, at + 1);
    const last = own.at(-1);
    const page = own.map((name) => ({ name: name as Namespace, since: new Date(0) }));
    return { namespaces: page, ...(last === undefined || last === names.at(-1) ? {} : { after: last }) };
  };
  return { namespaces };
}

it.each([1, 2, 3, 5])("namespaces come %i a page, each that may be seen once, and no page is empty", async (limit) => {
  const directory = directoryOf(["a-1", "b-1", "a-2", "a-3", "b-2", "b-3"].sort());
  const seen: string[][] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = await visibleNamespaces(directory, { holder: "token", namespaces: ["a-*"] }, { after, limit });
    seen.push(page.namespaces.map(({ name }) => name));
    after = page.after;
  }
  expect(seen.flat()).toEqual(["a-1", "a-2", "a-3"]);
  expect(seen).toHaveLength(Math.ceil(3 / limit));
});
