import { duration } from "../../../src/dashboard/app/format.ts";
import { StatusLine } from "./status-line.ts";

const WIDTH = 24;
/** The rate is that of the last so many milliseconds: what has been fast before does not make it seem so now. */
const WINDOW_MS = 15_000;

/** How far long work has come, its rate, and how long it has left, in one line of a terminal; nothing where there is none. */
export class Progress {
  readonly #things: string;
  readonly #seen: { readonly atMs: number; readonly done: number }[] = [];
  readonly #line: StatusLine;

  constructor(things: string, flags: { readonly json?: true }) {
    this.#things = things;
    this.#line = new StatusLine(flags);
  }

  reached(done: number, total: number): void {
    const nowMs = Date.now();
    this.#seen.push({ atMs: nowMs, done });
    while ((this.#seen[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#seen.shift();
    this.#line.tell(this.#text(done, total, nowMs));
  }

  #text(done: number, total: number, nowMs: number): string {
    const share = total === 0 ? 0 : done / total;
    const bar = "█".repeat(Math.round(share * WIDTH)).padEnd(WIDTH, "░");
    const first = this.#seen[0] ?? { atMs: nowMs, done };
    const perMs = nowMs === first.atMs ? 0 : (done - first.done) / (nowMs - first.atMs);
    const rate = `${(perMs * 1000).toFixed(1)} a second`;
    const left = perMs === 0 ? "" : `, ${duration((total - done) / perMs)} left`;
    return `${bar} ${done} of ${total} ${this.#things}, ${rate}${left}`;
  }

  /** Takes the line away. */
  end(): void {
    this.#line.done();
  }
}
