import { useState } from "preact/hooks";
import type { Explanation, InvalidatedBy } from "../../../../schema/explain.ts";
import type { Wire } from "../../../../schema/wire.ts";
import { clock, fromNow, selection } from "../format.ts";
import { Field, Problem, State } from "../parts.tsx";
import type { ViewProps } from "../view-props.ts";

export function Explain({ api, place, cache, watched }: ViewProps) {
  const { namespace, query } = place;
  const [asked, setAsked] = useState({
    cache: cache === "" ? (watched.caches[0] ?? "") : cache,
    url: query["url"] ?? "",
    method: "GET",
    headers: "",
  });
  const [told, setTold] = useState<Wire<Explanation>>();
  const [error, setError] = useState<string>();
  const ask = async (event: Event) => {
    event.preventDefault();
    setError(undefined);
    try {
      setTold(await api.explain(namespace, { ...asked, headers: headersIn(asked.headers) }));
    } catch (refusal) {
      setTold(undefined);
      setError((refusal as Error).message);
    }
  };
  const field = (name: keyof typeof asked) => ({
    name,
    value: asked[name],
    onInput: ({ currentTarget }: { currentTarget: { value: string } }) =>
      setAsked({ ...asked, [name]: currentTarget.value }),
  });
  return (
    <>
      <h1>Explain a request</h1>
      <form class="stacked" onSubmit={ask}>
        <Field label="URL">
          <input type="url" required {...field("url")} />
        </Field>
        <Field label="Cache">
          <input required {...field("cache")} />
        </Field>
        <Field label="Method">
          <input required {...field("method")} />
        </Field>
        <Field label="Headers" hint="One a line, name: value">
          <textarea rows={3} {...field("headers")} />
        </Field>
        <button type="submit">Explain</button>
      </form>
      <Problem error={error} />
      {told === undefined ? null : <Told told={told} />}
      <p class="note">
        It is about the data centre that answers this page. Of a cache that an app declares, the app knows more: its
        rules and what it varies on.
      </p>
    </>
  );
}

function Told({ told }: { told: Wire<Explanation> }) {
  const { outcome, key, rule, past, view, here, object, parts } = told;
  return (
    <section aria-live="polite">
      <h2>
        <State state={outcome} /> {"reason" in told ? told.reason : ""}
      </h2>
      <dl class="account">
        <Line name="Key">{key ?? "none can hold it"}</Line>
        {parts.length === 0 ? null : (
          <Line name="Made of">{parts.map(({ name, value }) => `${name}: ${value ?? "absent"}`).join("; ")}</Line>
        )}
        <Line name="Rule">{rule === null ? "none fits" : `${rule.name} (number ${rule.index + 1})`}</Line>
        {past === null ? null : (
          <Line name="Goes past the cache">
            {past.what}: {past.reason}
          </Line>
        )}
        <Line name="In this data centre">
          {here === null ? (
            "not looked for"
          ) : (
            <>
              <State state={here.state} />{" "}
              {here.copy === undefined
                ? ""
                : `stored ${fromNow(here.copy.storedAt)}, status ${here.copy.status}, fresh for ${Math.max(0, Math.round(here.copy.left.freshSeconds))} s more`}
            </>
          )}
        </Line>
        {here?.invalidatedBy === undefined ? null : <Line name="Hit by">{hit(here.invalidatedBy)}</Line>}
        <Line name="In the index">
          {object?.index == null ? "not there" : `${object.index.state}, until ${clock(object.index.servableUntil)}`}
        </Line>
        <Line name="In the shield">{object === null ? "the object did not answer" : object.shield.state}</Line>
        {object?.lease == null ? null : <Line name="Is being filled">until {clock(object.lease.until)}</Line>}
        <Line name="Log known here">
          {view === null ? "nothing yet" : `${view.version}, confirmed ${Math.round(view.confirmedSecondsAgo)} s ago`}
        </Line>
      </dl>
      <details>
        <summary>All of it</summary>
        <pre>{JSON.stringify(told, undefined, 2)}</pre>
      </details>
    </section>
  );
}

function Line({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function hit(by: Wire<InvalidatedBy>): string {
  if (by.cause !== "purge") return by.cause;
  return `purge ${by.seq} by ${by.by}, ${clock(by.at)}, of ${selection([by.selector as never])}`;
}

function headersIn(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).trim(), line.slice(line.indexOf(":") + 1).trim()]),
  );
}
