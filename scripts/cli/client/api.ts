import { exitCodeOf, exitCodes, Failure } from "../failure.ts";
import { offline } from "./offline.ts";
import type { Settings } from "./settings.ts";

export interface Query {
  readonly [name: string]: string | number | undefined;
}

/** The REST API of a coordinator. What it refuses, and that it cannot be reached, is thrown as a `Failure`. */
export class Api {
  readonly settings: Settings;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  get<Reply>(path: string, query: Query = {}): Promise<Reply> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return this.#ask("GET", given.length === 0 ? path : `${path}?${search}`);
  }

  post<Reply>(path: string, body: object): Promise<Reply> {
    return this.#ask("POST", path, JSON.stringify(body));
  }

  delete<Reply>(path: string): Promise<Reply> {
    return this.#ask("DELETE", path);
  }

  /** A path of the namespace. */
  of(path: string): string {
    return `/v1/caches/${encodeURIComponent(this.settings.namespace)}${path}`;
  }

  /** What says who asks. */
  get credentials(): Readonly<Record<string, string>> {
    const { token } = this.settings;
    if (token === undefined) return {};
    // Anything else no header can hold, and the library says that less well.
    if (!/^[\x21-\x7e]+(?: +[\x21-\x7e]+)*$/.test(token)) {
      throw new Failure("unauthorized", "the token has characters that no HTTP header holds", exitCodes.usage);
    }
    return { Authorization: `Bearer ${token}` };
  }

  async #ask<Reply>(method: string, path: string, body?: string): Promise<Reply> {
    const { base, timeoutSeconds } = this.settings;
    const headers = { ...this.credentials, Accept: "application/json", "Content-Type": "application/json" };
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    let status: number;
    let text: string;
    let location: string | null;
    try {
      // A redirected POST would go on as a GET, and tell of success.
      const sent = body === undefined ? { method } : { method, body };
      const response = await fetch(`${base}${path}`, { ...sent, headers, signal, redirect: "manual" });
      status = response.status;
      location = response.headers.get("location");
      text = await response.text();
    } catch (error) {
      throw offline(error, base, timeoutSeconds);
    }
    return answerOf<Reply>(base, { status, text, location });
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
}

/** What the coordinator has answered, or the failure that stands in its place. */
export function answerOf<Reply>(base: string, { status, text, location }: Answer): Reply {
  const json = parsed(text);
  if (status >= 200 && status < 300 && json !== undefined) return json as Reply;
  if (status >= 300 && status < 400) {
    const to = location === null ? "elsewhere" : `to ${location}`;
    throw new Failure("not-larder", `${base} redirects ${to}; give the coordinator's own URL as --server`);
  }
  const { code, detail, field, limit } = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === "string" && typeof detail === "string") {
    throw new Failure(code, detail, exitCodeOf(code), {
      ...(typeof field === "string" ? { field } : {}),
      ...(typeof limit === "number" ? { limit } : {}),
    });
  }
  if (status >= 500) {
    const message = `${base} answered ${status}, and not as a coordinator does; it may be down: try again later`;
    throw new Failure("unreachable", message, exitCodes.unreachable);
  }
  const message = `${base} answered ${status}, and not as a coordinator of Larder does; check --server, and its prefix if it has another than /.larder`;
  throw new Failure("not-larder", message);
}

/** An object of JSON; undefined for anything else. */
function parsed(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
