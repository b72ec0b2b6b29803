import { useEffect } from "preact/hooks";
import type { Api } from "./api.ts";
import { useAsked } from "./asked.ts";
import type { Connection } from "./live.ts";
import { Problem } from "./parts.tsx";
import type { ViewName } from "./place.ts";
import { goTo, hashOf, usePlace, views } from "./place.ts";
import type { ViewProps } from "./view-props.ts";
import { Entries } from "./views/entries.tsx";
import { Explain } from "./views/explain.tsx";
import { History } from "./views/history.tsx";
import { Overview } from "./views/overview.tsx";
import { Purge } from "./views/purge.tsx";
import { Tags } from "./views/tags.tsx";
import { Top } from "./views/top.tsx";
import { useWatched } from "./watching.ts";

const shown: Readonly<Record<ViewName, (props: ViewProps) => preact.JSX.Element>> = {
  overview: Overview,
  entries: Entries,
  tags: Tags,
  top: Top,
  history: History,
  purge: Purge,
  explain: Explain,
};

const connections: Readonly<Record<Connection, string>> = {
  connecting: "Connecting…",
  live: "Live",
  interrupted: "Interrupted; connecting again…",
};

export function Shell({ api, signOut }: { api: Api; signOut: () => void }) {
  const place = usePlace();
  const { namespace, view, query } = place;
  const listed = useAsked(() => api.namespaces(), [api]);
  const watched = useWatched(api, namespace);
  const names = listed.reply?.namespaces.map(({ name }) => name as string) ?? [];
  const first = names[0];
  useEffect(() => {
    if (namespace === "" && first !== undefined) goTo({ namespace: first, view, query });
  }, [namespace, first]);
  const cache = query["cache"] ?? "";
  const View = shown[view];
  return (
    <>
      <header>
        <a class="brand" href={hashOf({ ...place, view: "overview", query: {} })}>
          Larder
        </a>
        <Choice
          label="Namespace"
          value={namespace}
          options={names.includes(namespace) || namespace === "" ? names : [namespace, ...names]}
          chosen={(name) => goTo({ namespace: name, view, query: {} })}
        />
        <Choice
          label="Cache"
          value={cache}
          options={["", ...watched.caches]}
          chosen={(name) => goTo({ ...place, query: { ...query, cache: name } })}
        />
        <p class={`connection ${watched.connection}`} role="status">
          {namespace === "" ? "" : connections[watched.connection]}
        </p>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      <nav aria-label="Views">
        {views.map((name) => (
          <a
            key={name}
            href={hashOf({ namespace, view: name, query: { cache } })}
            aria-current={name === view ? "page" : undefined}
          >
            {name[0]?.toUpperCase()}
            {name.slice(1)}
          </a>
        ))}
      </nav>
      <main>
        <Problem error={listed.error} />
        {namespace === "" ? (
          <p>
            {listed.isBusy
              ? "Looking for namespaces…"
              : "Nothing has been cached yet, so there is no namespace to show."}
          </p>
        ) : (
          <View key={`${namespace} ${cache} ${view}`} api={api} place={place} cache={cache} watched={watched} />
        )}
      </main>
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly chosen: (option: string) => void;
}

function Choice({ label, value, options, chosen }: ChoiceProps) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => chosen(currentTarget.value)}>
        {options.map((option) => (
          <option key={option} value={option} selected={option === value}>
            {option === "" ? "all" : option}
          </option>
        ))}
      </select>
    </label>
  );
}
