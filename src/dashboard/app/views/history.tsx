import { useState } from "preact/hooks";
import type { PurgeHistoryItem } from "../../../../schema/purge.ts";
import type { Wire } from "../../../../schema/wire.ts";
import { useAsked } from "../asked.ts";
import { clock, count, selection } from "../format.ts";
import { Pager, Problem, State, Table } from "../parts.tsx";
import { goTo } from "../place.ts";
import type { ViewProps } from "../view-props.ts";

export function History({ api, place, watched }: ViewProps) {
  const { namespace, query } = place;
  const { before = "" } = query;
  const asked = useAsked(
    () => api.history(namespace, { before, limit: 50 }),
    // What happens elsewhere shows here, too.
    [api, namespace, before, watched.events.length],
  );
  const [error, setError] = useState<string>();
  const [said, setSaid] = useState("");
  const { purges = [], before: next } = asked.reply ?? {};
  const takeBack = async (seq: number) => {
    setError(undefined);
    try {
      const { restored } = await api.revoke(namespace, seq);
      setSaid(`Purge ${seq} was taken back: ${count(restored)} entries are in force again.`);
      asked.again();
    } catch (refusal) {
      setError((refusal as Error).message);
    }
  };
  return (
    <>
      <h1>History of purges</h1>
      <p role="status" class="said">
        {said}
      </p>
      <Problem error={error ?? asked.error} />
      {asked.reply !== undefined && purges.length === 0 ? <p class="note">Nothing has been purged.</p> : null}
      <Table
        caption="Purges"
        heads={["No.", "When", "What", "Mode", "Entries", "By", "Why", ""]}
        numbers={["No.", "Entries"]}
      >
        {purges.map((purge) => (
          <tr key={purge.seq}>
            <th scope="row" class="number">
              {purge.seq}
            </th>
            <td>{clock(purge.at)}</td>
            <td class="url">{selection(purge.selectors as PurgeHistoryItem["selectors"])}</td>
            <td>{purge.mode}</td>
            <td class="number">
              {purge.approximate === true ? "about " : ""}
              {count(purge.purged)}
            </td>
            <td>{purge.by}</td>
            <td>{purge.reason ?? ""}</td>
            <td class="actions">
              <Undo purge={purge} takeBack={() => takeBack(purge.seq)} />
            </td>
          </tr>
        ))}
      </Table>
      <Pager
        first={before === "" ? undefined : () => goTo({ ...place, query: {} })}
        next={next === undefined ? undefined : () => goTo({ ...place, query: { before: String(next) } })}
      />
    </>
  );
}

function Undo({ purge, takeBack }: { purge: Wire<PurgeHistoryItem>; takeBack: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const { seq, mode, revoked } = purge;
  if (revoked !== undefined) {
    return (
      <small>
        <State state="revoked" /> by {revoked.by}, {clock(revoked.at)}
      </small>
    );
  }
  if (mode === "erase") return <small>erased</small>;
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setAsked(true)} aria-label={`Undo purge ${seq}`}>
        Undo
      </button>
    );
  }
  return (
    <>
      <button type="button" class="main" onClick={takeBack} aria-label={`Yes, undo purge ${seq}`}>
        Yes, undo
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        No
      </button>
    </>
  );
}
