import { useState } from "preact/hooks";
import { useAsked } from "../asked.ts";
import { count } from "../format.ts";
import { Field, Pager, Problem, Table } from "../parts.tsx";
import { goTo, hashOf } from "../place.ts";
import type { ViewProps } from "../view-props.ts";

export function Tags({ api, place, cache }: ViewProps) {
  const { namespace, query } = place;
  const { prefix = "", after = "" } = query;
  const asked = useAsked(
    () => api.tags(namespace, { cache, prefix, after, limit: 100 }),
    [api, namespace, cache, prefix, after],
  );
  const [typed, setTyped] = useState(prefix);
  const go = (more: Record<string, string>) => goTo({ ...place, query: { cache, prefix, ...more } });
  const { tags = [], after: next } = asked.reply ?? {};
  return (
    <>
      <h1>Tags</h1>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          go({ prefix: typed });
        }}
      >
        <Field label="Begins with">
          <input value={typed} onInput={({ currentTarget }) => setTyped(currentTarget.value)} />
        </Field>
        <button type="submit">Filter</button>
      </form>
      <Problem error={asked.error} />
      {asked.reply !== undefined && tags.length === 0 ? <p class="note">There are none.</p> : null}
      <Table caption="Tags" heads={["Tag", "Cache", "Entries", ""]} numbers={["Entries"]}>
        {tags.map(({ tag, cache: of, entries }) => (
          <tr key={`${tag} ${of}`}>
            <th scope="row">
              <a href={hashOf({ ...place, view: "entries", query: { cache: of, tag } })}>{tag}</a>
            </th>
            <td>{of}</td>
            <td class="number">{count(entries)}</td>
            <td class="actions">
              <a href={hashOf({ ...place, view: "purge", query: { cache: of, kind: "tags", what: tag } })}>Purge</a>
            </td>
          </tr>
        ))}
      </Table>
      <Pager
        first={after === "" ? undefined : () => go({ after: "" })}
        next={next === undefined ? undefined : () => go({ after: next })}
      />
    </>
  );
}
