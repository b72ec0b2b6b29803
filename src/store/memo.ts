/**
 * Values that are asked for over and over, so that they need not be worked out each time. Holds so many, and then begins
 * anew: hits go to few keys, which are back at once.
 */
export class Memo<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  /** Keeps the value, and gives it back. */
  set(name: string, value: Value): Value {
    if (this.#values.size >= this.#most) this.#values.clear();
    this.#values.set(name, value);
    return value;
  }
}
