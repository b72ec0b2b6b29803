import { useState } from "preact/hooks";
import type { DryRunResult } from "../../../../schema/purge.ts";
import type { PurgeRequest } from "../../../../schema/purge-request.ts";
import type { Wire } from "../../../../schema/wire.ts";
import { count, percent } from "../format.ts";
import { Field, Problem } from "../parts.tsx";
import { hashOf } from "../place.ts";
import type { ViewProps } from "../view-props.ts";

const kinds = [
  ["url", "URL", "All variants of one URL"],
  ["tags", "Any of these tags", "Separated by spaces or commas"],
  ["allOf", "All of these tags", "Separated by spaces or commas"],
  ["prefix", "URLs that begin with", "On any character, the host included"],
  ["key", "One key", "As the list of entries has it"],
  ["everything", "Everything", ""],
] as const;

type Kind = (typeof kinds)[number][0];

/** A purge of more than this share of what there is has to be confirmed in writing. */
const LARGE_SHARE = 0.5;

interface Asked {
  readonly kind: Kind;
  readonly what: string;
  readonly soft: boolean;
}

/** What has been tried out, and with what result. */
interface Tried {
  readonly request: PurgeRequest;
  readonly result: Wire<DryRunResult>;
}

export function Purge({ api, place, cache }: ViewProps) {
  const { namespace, query } = place;
  const [asked, setAsked] = useState<Asked>({
    kind: kinds.find(([name]) => name === query["kind"])?.[0] ?? "url",
    what: query["what"] ?? "",
    soft: false,
  });
  const [tried, setTried] = useState<Tried>();
  const [error, setError] = useState<string>();
  const [done, setDone] = useState("");
  const changed = (more: Partial<Asked>) => {
    setAsked({ ...asked, ...more });
    // What was tried out is no longer what would be purged.
    setTried(undefined);
    setDone("");
  };
  const attempt = async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
    } catch (refusal) {
      setError((refusal as Error).message);
    }
  };
  const tryOut = (event: Event) => {
    event.preventDefault();
    return attempt(async () => {
      const request = requestFor(asked, cache);
      setDone("");
      setTried({ request, result: await api.tryOut(namespace, request) });
    });
  };
  const purge = (reason: string) =>
    attempt(async () => {
      if (tried === undefined) return;
      const result = await api.purge(namespace, { ...tried.request, ...(reason === "" ? {} : { reason }) });
      setTried(undefined);
      setDone(`${count(result.purged)} entries were purged. Version: ${result.version}`);
    });
  const [, label, hint] = kinds.find(([name]) => name === asked.kind) ?? kinds[0];
  return (
    <>
      <h1>Purge</h1>
      <form class="stacked" onSubmit={tryOut}>
        <Field label="What">
          <select value={asked.kind} onChange={({ currentTarget }) => changed({ kind: currentTarget.value as Kind })}>
            {kinds.map(([name, title]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </Field>
        {asked.kind === "everything" ? null : (
          <Field label={label} hint={hint}>
            <input
              name="what"
              required
              value={asked.what}
              onInput={({ currentTarget }) => changed({ what: currentTarget.value })}
            />
          </Field>
        )}
        <p class="note">{cache === "" ? `In all caches of ${namespace}.` : `In the cache ${cache} of ${namespace}.`}</p>
        <label class="check">
          <input
            type="checkbox"
            checked={asked.soft}
            onChange={({ currentTarget }) => changed({ soft: currentTarget.checked })}
          />
          <span>Soft: make it stale instead of gone</span>
        </label>
        <button type="submit">See what it would hit</button>
      </form>
      <Problem error={error} />
      {tried === undefined ? null : <Confirm tried={tried} namespace={namespace} purge={purge} />}
      <p role="status" class="said">
        {done}
        {done === "" ? null : (
          <>
            {" "}
            <a href={hashOf({ ...place, view: "history", query: {} })}>
              See it in the history, where it can be undone.
            </a>
          </>
        )}
      </p>
    </>
  );
}

interface ConfirmProps {
  readonly tried: Tried;
  readonly namespace: string;
  readonly purge: (reason: string) => Promise<void>;
}

function Confirm({ tried: { request, result }, namespace, purge }: ConfirmProps) {
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const { purged, share, keys, approximate } = result;
  const isLarge = request.everything === true || share > LARGE_SHARE;
  return (
    <form
      class="stacked confirm"
      onSubmit={(event) => {
        event.preventDefault();
        void purge(reason);
      }}
    >
      <p>
        It would hit{" "}
        <strong>
          {approximate === true ? "about " : ""}
          {count(purged)} entries
        </strong>
        , {percent(share, 1)} of what is there.
      </p>
      {keys.length === 0 ? null : (
        <details>
          <summary>{keys.length === purged ? "Which" : `The first ${keys.length}`}</summary>
          <ul class="keys">
            {keys.map((key) => (
              <li key={key}>{key}</li>
            ))}
          </ul>
        </details>
      )}
      <Field label="Reason" hint="For the history">
        <input
          name="reason"
          maxLength={500}
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </Field>
      {isLarge ? (
        <Field label={`That is much. Type ${namespace} to go on`}>
          <input
            name="typed"
            autocomplete="off"
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </Field>
      ) : null}
      <button type="submit" class="danger" disabled={isLarge && typed !== namespace}>
        Purge {count(purged)} entries
      </button>
    </form>
  );
}

function requestFor({ kind, what, soft }: Asked, cache: string): PurgeRequest {
  const list = what.split(/[\s,]+/).filter((tag) => tag !== "");
  return {
    ...(cache === "" ? {} : { cache }),
    ...(soft ? { soft: true as const } : {}),
    ...(kind === "everything" ? { everything: true as const } : {}),
    ...(kind === "tags" || kind === "allOf" ? { [kind]: list } : {}),
    ...(kind === "url" || kind === "prefix" || kind === "key" ? { [kind]: what.trim() } : {}),
  };
}
