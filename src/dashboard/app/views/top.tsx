import { useAsked } from "../asked.ts";
import { bytes, count } from "../format.ts";
import { Field, Problem, Table } from "../parts.tsx";
import { goTo, hashOf } from "../place.ts";
import type { ViewProps } from "../view-props.ts";

const spans = [
  ["3600", "this hour and the last"],
  ["86400", "24 hours"],
  ["172800", "two days"],
] as const;

export function Top({ api, place, cache }: ViewProps) {
  const { namespace, query } = place;
  const { of = "keys", by = "hits", windowSeconds = "86400" } = query;
  const asked = useAsked(
    () => api.top(namespace, { cache, of, by, windowSeconds, limit: 50 }),
    [api, namespace, cache, of, by, windowSeconds],
  );
  const go = (more: Record<string, string>) => goTo({ ...place, query: { cache, of, by, windowSeconds, ...more } });
  const shown = by === "bytes" ? bytes : count;
  const { names = [], error = 0 } = asked.reply ?? {};
  return (
    <>
      <h1>Asked for most</h1>
      <form class="filters">
        <Field label="Of">
          <select value={of} onChange={({ currentTarget }) => go({ of: currentTarget.value })}>
            <option value="keys">keys</option>
            <option value="tags">tags</option>
          </select>
        </Field>
        <Field label="By">
          <select value={by} onChange={({ currentTarget }) => go({ by: currentTarget.value })}>
            <option value="hits">hits</option>
            <option value="misses">misses</option>
            <option value="bytes">bytes served</option>
          </select>
        </Field>
        <Field label="In">
          <select value={windowSeconds} onChange={({ currentTarget }) => go({ windowSeconds: currentTarget.value })}>
            {spans.map(([seconds, name]) => (
              <option key={seconds} value={seconds}>
                {name}
              </option>
            ))}
          </select>
        </Field>
      </form>
      <Problem error={asked.error} />
      {asked.reply !== undefined && names.length === 0 ? <p class="note">Nothing was asked for.</p> : null}
      <Table caption={`${of} by ${by}`} heads={[of === "keys" ? "Key" : "Tag", by]} numbers={[by]}>
        {names.map(({ name, atLeast }) => (
          <tr key={name}>
            <th scope="row" class="url">
              {of === "tags" ? (
                <a href={hashOf({ ...place, view: "entries", query: { cache, tag: name } })}>{name}</a>
              ) : (
                name
              )}
            </th>
            <td class="number">{shown(atLeast)}</td>
          </tr>
        ))}
      </Table>
      <p class="note">
        {error === 0
          ? "These counts are exact."
          : `Each count may be up to ${shown(error)} more, and what is not listed has at most the lowest count and that.`}
      </p>
    </>
  );
}
