import type { ComponentChildren } from "preact";
import type { EntryState } from "../../../schema/entry-states.ts";

/** What went wrong, said at once by screen readers too. */
export function Problem({ error }: { error: string | undefined }) {
  return error === undefined ? null : (
    <p class="problem" role="alert">
      {error}
    </p>
  );
}

export function Tile({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        {value}
        {note === undefined ? null : <small>{note}</small>}
      </dd>
    </div>
  );
}

export function State({ state }: { state: EntryState | string }) {
  return <span class={`state ${state}`}>{state}</span>;
}

interface TableProps {
  readonly caption: string;
  readonly heads: readonly string[];
  /** Which of them are of numbers. */
  readonly numbers?: readonly string[];
  readonly children: ComponentChildren;
}

/** A table that scrolls on its own where it is too wide. */
export function Table({ caption, heads, numbers = [], children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class={numbers.includes(head) ? "number" : undefined}>
                {head === "" ? <span class="hidden">Actions</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

export function Field({ label, hint, children }: { label: string; hint?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among its children
    <label class="field">
      <span>{label}</span>
      {children}
      {hint === undefined ? null : <small>{hint}</small>}
    </label>
  );
}

/** On to the next page of a list, or back to its first. */
export function Pager({ first, next }: { first: (() => void) | undefined; next: (() => void) | undefined }) {
  return (
    <p class="pager">
      <button type="button" disabled={first === undefined} onClick={first}>
        First page
      </button>
      <button type="button" disabled={next === undefined} onClick={next}>
        Next page
      </button>
    </p>
  );
}
