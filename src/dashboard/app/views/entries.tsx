import { useState } from "preact/hooks";
import { entryStates } from "../../../../schema/entry-states.ts";
import { useAsked } from "../asked.ts";
import { bytes, fromNow } from "../format.ts";
import { Field, Pager, Problem, State, Table } from "../parts.tsx";
import { goTo, hashOf } from "../place.ts";
import type { ViewProps } from "../view-props.ts";

export function Entries({ api, place, cache }: ViewProps) {
  const { namespace, query } = place;
  const { tag = "", prefix = "", state = "", after = "" } = query;
  const asked = useAsked(
    () => api.entries(namespace, { cache, tag, prefix, state, after, limit: 50 }),
    [api, namespace, cache, tag, prefix, state, after],
  );
  const [typed, setTyped] = useState({ tag, prefix });
  const go = (more: Record<string, string>) => goTo({ ...place, query: { cache, tag, prefix, state, ...more } });
  const { entries = [], after: next } = asked.reply ?? {};
  return (
    <>
      <h1>Entries</h1>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          go(typed);
        }}
      >
        <Field label="Tag">
          <input value={typed.tag} onInput={({ currentTarget }) => setTyped({ ...typed, tag: currentTarget.value })} />
        </Field>
        <Field label="URL begins with">
          <input
            value={typed.prefix}
            placeholder="https://www.example.com/p/"
            onInput={({ currentTarget }) => setTyped({ ...typed, prefix: currentTarget.value })}
          />
        </Field>
        <Field label="State">
          <select value={state} onChange={({ currentTarget }) => go({ ...typed, state: currentTarget.value })}>
            {["", ...entryStates].map((name) => (
              <option key={name} value={name}>
                {name === "" ? "any" : name}
              </option>
            ))}
          </select>
        </Field>
        <button type="submit">Filter</button>
      </form>
      <Problem error={asked.error} />
      {asked.reply !== undefined && entries.length === 0 ? (
        <p class="note">
          {next === undefined ? "There are none." : "None among those looked at; there are more pages."}
        </p>
      ) : null}
      <Table
        caption="Entries"
        heads={["URL", "State", "Status", "Size", "Stored", "Fresh until", "Tags", ""]}
        numbers={["Status", "Size"]}
      >
        {entries.map((entry) => (
          <tr key={entry.key}>
            <th scope="row" class="url" title={entry.key}>
              {entry.url}
              <small>
                {entry.cache}
                {entry.permanent ? ", permanent" : ""}
              </small>
            </th>
            <td>
              <State state={entry.state} />
            </td>
            <td class="number">{entry.status}</td>
            <td class="number">{bytes(entry.bytes)}</td>
            <td>{fromNow(entry.storedAt)}</td>
            <td>{fromNow(entry.freshUntil)}</td>
            <td class="tags">
              {entry.tags.map((name) => (
                <a key={name} href={hashOf({ ...place, query: { cache, tag: name } })}>
                  {name}
                </a>
              ))}
            </td>
            <td class="actions">
              <a
                href={hashOf({ ...place, view: "purge", query: { cache: entry.cache, kind: "url", what: entry.url } })}
              >
                Purge
              </a>
              <a href={hashOf({ ...place, view: "explain", query: { cache: entry.cache, url: entry.url } })}>Explain</a>
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
