/*
 * The vocabulary of the conformance cases: what a client sends, what the origin answers, and what is then expected.
 * Cases are data. They know nothing of how they are run, and hold in every runtime.
 */

/** `must`: an absolute requirement. `should`: a recommendation. `may`: allowed, and what this gateway does. */
export type Kind = "must" | "should" | "may";

export interface Case {
  /** Unique in the suite; part of the URL it is run under. */
  readonly id: string;
  /** The rule, in a sentence. */
  readonly says: string;
  /** Where it is written: `9111 5.2.2.5` is RFC 9111 section 5.2.2.5. */
  readonly clause: string;
  readonly kind: Kind;
  /** Why the gateway does not do it yet. Such a case is run too, and has to fail. */
  readonly pending?: string;
  readonly steps: readonly Step[];
}

export interface Group {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** A time by the clock of whoever sends it, in one of the three forms of RFC 9110 section 5.6.7. */
export interface Moment {
  readonly secondsFromNow: number;
  readonly form?: "imf-fixdate" | "rfc850" | "asctime";
}

/** Field lines in the order they are sent; a name may come several times. */
export type Lines = readonly (readonly [name: string, value: string | Moment])[];

/** What the client sends. */
export interface Sent {
  /** GET when absent. */
  readonly method?: string;
  /** Below the case's own path; `page` when absent. */
  readonly path?: string;
  /** With its question mark. */
  readonly query?: string;
  readonly host?: string;
  readonly headers?: Lines;
  readonly body?: string;
}

/** What the origin answers. Its body is `#1` for the first answer of the case, `#2` for the second, and so on. */
export interface Answer {
  /** 200 when absent. A 304 is for a request with a condition: any other gets 200 in its place. */
  readonly status?: number;
  /** A 304 is for any request. */
  readonly unasked?: true;
  /** A Date of now is added unless there is one here. */
  readonly headers?: Lines;
  readonly date?: "none";
  readonly body?: string;
  readonly encoding?: "gzip";
  /** Responses before the final one. */
  readonly interim?: readonly { readonly status: number; readonly headers?: Lines }[];
  readonly trailers?: Lines;
  readonly delayMs?: number;
  /** `close`: ends the connection without an answer. The others end it in the middle of the body. */
  readonly fault?: "close" | "cut" | "cut-chunked";
}

export interface Step {
  /** A plain GET when absent. */
  readonly send?: Sent;
  /** Several are sent at once; `as-asked`: each as soon as the origin has been asked for the one before. */
  readonly together?: readonly Sent[];
  readonly order?: "as-asked";
  /** What the origin answers if it is asked during this step; of several the last one is repeated. */
  readonly origin?: Answer | readonly Answer[];
  readonly expect?: Expectation;
  /** Lets this much real time pass first: for what only a clock can show. */
  readonly afterSeconds?: number;
  /** For what happens behind an answer: repeated until what is expected comes true, for a few seconds at the most. */
  readonly repeat?: "until-true";
}

/** Where an answer came from, by what the origin saw. */
export type From =
  /** The origin, asked once. */
  | "origin"
  /** The cache, with an Age; the origin was not asked. */
  | "cache"
  /** The cache, after the origin was asked once, by conditions, and said 304. */
  | "validation"
  /** The cache, while the origin is asked once, behind the answer. */
  | "background"
  /** The gateway alone: the origin was not asked, and nothing stored was sent. */
  | "gateway";

export interface Expectation {
  readonly from?: From;
  /** When absent: 200, or what the origin answers where it is the one that answers. */
  readonly status?: number | readonly number[];
  readonly body?: string | RegExp | { readonly begins: string } | { readonly encodedAsInAnswer: number };
  readonly headers?: Checks;
  /** What the origin was asked in this step; of several requests the last. */
  readonly asked?: {
    readonly times?: number;
    readonly method?: string;
    /** Below the case's own path. */
    readonly target?: string;
    readonly headers?: Checks;
    readonly body?: string;
  };
  readonly interim?: readonly number[];
  readonly trailers?: Checks;
  /** Of requests sent at once: how many different bodies came back. */
  readonly bodies?: number;
  /** That the connection ends in the middle of the body. */
  readonly end?: "cut";
}

/**
 * What a field is to be, all its lines joined by a comma: exactly this, of this form, absent, a number in a range, or
 * what it was in that answer of the origin.
 */
export type Check =
  | string
  | RegExp
  | null
  | { readonly min?: number; readonly max?: number }
  | { readonly asInAnswer: number };

export type Checks = Readonly<Record<string, Check>>;

/** Seconds from now, as a date. */
export function at(secondsFromNow: number, form: NonNullable<Moment["form"]> = "imf-fixdate"): Moment {
  return { secondsFromNow, form };
}

/** A Cache-Control line, or whatever lines. */
function linesOf(lines: string | Lines): Lines {
  return typeof lines === "string" ? [["Cache-Control", lines]] : lines;
}

/** A request that the origin answers with these lines, or this Cache-Control, and whatever else the answer has. */
export function filledWith(lines: string | Lines, more: Omit<Answer, "headers"> = {}, send: Sent = {}): Step {
  return { send, origin: { ...more, headers: linesOf(lines) }, expect: { from: "origin" } };
}

/** A request that is answered from the cache, with what the origin answered first. */
export function reused(send: Sent = {}, expect: Expectation = {}): Step {
  return { send, expect: { from: "cache", body: "#1", ...expect } };
}

/** A request that goes on to the origin, which says no-store to it unless `origin` says something else. */
export function forwarded(send: Sent = {}, expect: Expectation = {}, origin?: Step["origin"]): Step {
  return { send, expect: { from: "origin", ...expect }, ...(origin === undefined ? {} : { origin }) };
}

/** A row of a table of responses that are reused, or are not, when the same is asked again. */
export type Row = readonly [
  id: string,
  kind: Kind,
  clause: string,
  says: string,
  lines: string | Lines,
  more?: { readonly answer?: Omit<Answer, "headers">; readonly expect?: Expectation; readonly pending?: string },
];

export function reusedCases(rows: readonly Row[]): Case[] {
  return rows.map((row) => ({ ...told(row), steps: [filledWith(row[4], row[5]?.answer), reused({}, row[5]?.expect)] }));
}

export function notReusedCases(rows: readonly Row[]): Case[] {
  return rows.map((row) => ({ ...told(row), steps: [filledWith(row[4], row[5]?.answer), forwarded()] }));
}

function told([id, kind, clause, says, , { pending } = {}]: Row): Omit<Case, "steps"> {
  return { id, kind, clause, says, ...(pending === undefined ? {} : { pending }) };
}

/** The first bytes of gzip (RFC 1952 section 2.3.1). */
export const GZIP = { begins: "\u001f\u008b" };

/** Stale at once, and kept for when the origin fails: what is stored can be validated. */
export const STALE: Lines = [
  ["Cache-Control", "max-age=10, stale-if-error=3600"],
  ["Age", "20"],
];
