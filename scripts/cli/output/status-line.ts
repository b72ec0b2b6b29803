/** How far something long has come, in one line on a terminal's stderr; elsewhere, and for programs, nothing. */
export class StatusLine {
  readonly #shown: boolean;

  constructor({ json }: { readonly json?: true }) {
    this.#shown = json !== true && process.stderr.isTTY === true;
  }

  tell(text: string): void {
    // Back to the beginning of the line, and what it held before is wiped out.
    if (this.#shown) process.stderr.write(`\r\u001b[K${text}`);
  }

  done(): void {
    this.tell("");
  }
}
