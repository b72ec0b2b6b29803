/** A place in a source file; lines and columns are counted from 1. */
export interface Place {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is wrong, where, and what to do about it. */
export interface Finding {
  /** `error`: it cannot be meant; `warning`: it may be. */
  readonly severity: "error" | "warning";
  readonly kind: string;
  readonly message: string;
  readonly place: Place;
}
