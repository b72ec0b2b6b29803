import type { Check, Checks, Expectation, Step } from "./case.ts";

type ReceivedLines = readonly (readonly [name: string, value: string])[];

/** What a client got. */
export interface Reply {
  readonly status: number;
  readonly lines: ReceivedLines;
  readonly body: string;
  /** The statuses of responses before the final one. */
  readonly interim: readonly number[];
  readonly trailers: ReceivedLines;
  /** `cut`: the connection ended in the middle of the body. */
  readonly end: "whole" | "cut";
}

/** A request that reached the origin, and what it answered. */
export interface Asked {
  readonly method: string;
  /** Below the case's own path. */
  readonly target: string;
  readonly lines: ReceivedLines;
  readonly body: string;
  /** `encoded` is what went over the wire; `body` is what it means. */
  readonly answered: {
    readonly status: number;
    readonly lines: ReceivedLines;
    readonly body: string;
    readonly encoded: string;
  };
}

/** What came of one step. */
export interface Outcome {
  readonly replies: readonly Reply[];
  /** During this step. */
  readonly asked: readonly Asked[];
  /** Since the case began, this step included. */
  readonly askedSoFar: readonly Asked[];
}

/** What is wrong with a step's outcome, in sentences; none when it is as expected. */
export function complaints(step: Step, outcome: Outcome): readonly string[] {
  const expected = step.expect ?? {};
  return [
    ...outcome.replies.flatMap((reply) => replyComplaints(step, expected, reply, outcome)),
    ...askedComplaints(expected, outcome),
    ...bodiesComplaints(expected, outcome),
  ];
}

function replyComplaints(step: Step, expected: Expectation, reply: Reply, outcome: Outcome): string[] {
  const { status, body, interim } = expected;
  const statuses = [status ?? statusOf(expected, outcome)].flat();
  const isHead = step.send?.method === "HEAD";
  return [
    ...(statuses.includes(reply.status) ? [] : [`status ${reply.status}, not ${statuses.join(" or ")}`]),
    ...(reply.end === (expected.end ?? "whole") ? [] : [`the body is ${reply.end}`]),
    ...(isHead || reply.end === "cut" ? [] : bodyComplaints(expected, reply, outcome)),
    ...(isHead && body === undefined && reply.body !== "" ? [`a body for HEAD: ${quoted(reply.body)}`] : []),
    ...checkComplaints("answered with", expected.headers, reply.lines, outcome),
    ...checkComplaints("answered with trailer", expected.trailers, reply.trailers, outcome),
    ...(interim === undefined || interim.join() === reply.interim.join()
      ? []
      : [`interim responses [${reply.interim.join()}], not [${interim.join()}]`]),
    ...(expected.from === "cache" || expected.from === "background" ? ageComplaints(reply) : []),
  ];
}

/** Who answers decides the status, unless the case names it. */
function statusOf({ from }: Expectation, { asked }: Outcome): number {
  return from === "origin" ? (asked.at(-1)?.answered.status ?? 200) : 200;
}

function bodyComplaints(expected: Expectation, reply: Reply, { asked, askedSoFar }: Outcome): string[] {
  const { body, from } = expected;
  if (typeof body === "object" && "begins" in body) {
    return reply.body.startsWith(body.begins) ? [] : [`body ${quoted(reply.body)}, which does not begin as it should`];
  }
  if (typeof body === "object" && "encodedAsInAnswer" in body) {
    const isSame = reply.body === askedSoFar[body.encodedAsInAnswer - 1]?.answered.encoded;
    return isSame ? [] : ["the encoded body is not the one the origin has sent"];
  }
  if (body instanceof RegExp) return body.test(reply.body) ? [] : [`body ${quoted(reply.body)}, not like ${body}`];
  if (body !== undefined) return reply.body === body ? [] : [`body ${quoted(reply.body)}, not ${quoted(body)}`];
  if (reply.status !== 200 || from === undefined || from === "gateway") return [];
  // Whoever answers, it is with what the origin has sent, whole.
  const known = (from === "origin" ? asked.slice(-1) : askedSoFar).map(({ answered }) => answered.body);
  return known.includes(reply.body) ? [] : [`body ${quoted(reply.body)}, which the origin has not sent`];
}

/** RFC 9111 section 4: what is served without validation has an Age. */
function ageComplaints({ lines }: Reply): string[] {
  const age = fieldOf(lines, "age");
  return age !== undefined && /^[0-9]+$/.test(age) ? [] : [`Age is ${shown(age)} on what the cache serves`];
}

function askedComplaints({ from, asked: expected = {} }: Expectation, outcome: Outcome): string[] {
  const { asked } = outcome;
  const times = expected.times ?? timesOf(from);
  if (times !== undefined && asked.length !== times)
    return [`the origin was asked ${asked.length} times, not ${times}`];
  const last = asked.at(-1);
  const { times: _, headers, ...parts } = expected;
  if (last === undefined) return Object.keys(expected).length === 0 || times === 0 ? [] : ["the origin was not asked"];
  const isValidated =
    last.answered.status === 304 && CONDITIONS.some((name) => fieldOf(last.lines, name) !== undefined);
  return [
    ...(from !== "validation" || isValidated ? [] : ["the origin was not asked by conditions and did not say 304"]),
    ...(["method", "target", "body"] as const)
      .filter((part) => parts[part] !== undefined && parts[part] !== last[part])
      .map((part) => `the origin was asked with ${part} ${quoted(last[part])}, not ${quoted(parts[part] ?? "")}`),
    ...checkComplaints("the origin was asked with", headers, last.lines, outcome),
  ];
}

const CONDITIONS = ["if-none-match", "if-modified-since"];

function timesOf(from: Expectation["from"]): number | undefined {
  if (from === undefined) return undefined;
  return from === "cache" || from === "gateway" ? 0 : 1;
}

function bodiesComplaints({ bodies }: Expectation, { replies }: Outcome): string[] {
  const different = new Set(replies.map(({ body }) => body)).size;
  return bodies === undefined || different === bodies ? [] : [`${different} different bodies, not ${bodies}`];
}

function checkComplaints(
  where: string,
  checks: Checks | undefined,
  lines: ReceivedLines,
  { askedSoFar }: Outcome,
): string[] {
  return Object.entries(checks ?? {}).flatMap(([name, check]) => {
    const value = fieldOf(lines, name);
    const wanted = resolved(name, check, askedSoFar);
    return isMet(wanted, value) ? [] : [`${where} ${name} ${shown(value)}, not ${described(wanted)}`];
  });
}

type PlainCheck = Exclude<Check, { readonly asInAnswer: number }>;

function resolved(name: string, check: Check, askedSoFar: readonly Asked[]): PlainCheck {
  if (check === null || typeof check !== "object" || !("asInAnswer" in check)) return check;
  return fieldOf(askedSoFar[check.asInAnswer - 1]?.answered.lines ?? [], name) ?? null;
}

function isMet(check: PlainCheck, value: string | undefined): boolean {
  if (check === null) return value === undefined;
  if (value === undefined) return false;
  if (typeof check === "string") return value === check;
  if (check instanceof RegExp) return check.test(value);
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = check;
  return /^-?[0-9]+$/.test(value) && Number(value) >= min && Number(value) <= max;
}

/** All lines of a field, joined (RFC 9110 section 5.3). */
function fieldOf(lines: ReceivedLines, name: string): string | undefined {
  const values = lines.filter(([line]) => line.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function described(check: PlainCheck): string {
  if (check === null) return "absent";
  if (typeof check === "string") return quoted(check);
  if (check instanceof RegExp) return `like ${check}`;
  return `from ${check.min ?? "any"} to ${check.max ?? "any"}`;
}

function shown(value: string | undefined): string {
  return value === undefined ? "absent" : quoted(value);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
