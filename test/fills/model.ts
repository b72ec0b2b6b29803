/** What a purge hits: one page, what carries a tag, or everything. */
export interface Purge {
  readonly seq: number;
  readonly what: number | "t" | "u" | "everything";
  readonly mode: "hard" | "soft" | "erase";
}

/** One response that a leader has made. */
export interface Content {
  readonly id: string;
  readonly page: number;
  readonly tags: readonly string[];
  readonly asOf: number;
  readonly storedAtMs: number;
}

interface Held {
  readonly id: string;
  readonly asOf: number;
  untilMs: number;
  /** Its holder has called to end it: it may have ended already, though that call is not answered. */
  ending: boolean;
}

export const FRESH_SECONDS = 60;
export const LIFETIME_SECONDS = 90;

/**
 * What is to hold of the fills of a namespace, with nothing of how it is done: who holds which page's lease, what has
 * been purged, and until when nobody waits or tries again.
 */
export class Model {
  readonly purges: Purge[] = [];
  readonly held = new Map<number, Held>();
  readonly passUntilMs = new Map<number, number>();
  readonly failures = new Map<number, { count: number; retryAtMs: number }>();
  /** Copies on their way, by data centre and page, and when they count as lost. */
  readonly transfers = new Map<string, number>();
  /** What the shield has for certain, and what the object knows to be stored somewhere. */
  readonly inShield = new Map<number, Content>();
  readonly known = new Map<number, Content>();

  /** Whether a purge later than `asOf`, and up to `head`, has hit it. */
  isPurged({ page, tags, asOf }: Pick<Content, "page" | "tags" | "asOf">, head: number): boolean {
    return this.#hit({ page, tags }, asOf, head).some(({ mode }) => mode !== "soft");
  }

  /** Whether it may be used for a page that is asked for by somebody who has something fresh for so long, or nothing. */
  isOfUse(content: Content, head: number, nowMs: number, freshSeconds: number | undefined): boolean {
    if (this.isPurged(content, head)) return false;
    const ageSeconds = (nowMs - content.storedAtMs) / 1000;
    if (freshSeconds === undefined) return ageSeconds < LIFETIME_SECONDS;
    return this.#hit(content, content.asOf, head).length === 0 && FRESH_SECONDS - ageSeconds > freshSeconds;
  }

  #hit({ page, tags }: Pick<Content, "page" | "tags">, after: number, head: number): Purge[] {
    return this.purges.filter(
      ({ seq, what }) =>
        seq > after && seq <= head && (what === "everything" || what === page || tags.includes(String(what))),
    );
  }

  /** Whether somebody who leads as of `head` would be a second leader. */
  isLed(page: number, head: number, nowMs: number): boolean {
    const held = this.held.get(page);
    if (held === undefined || held.ending || held.untilMs <= nowMs) return false;
    return !this.isPurged({ page, tags: [], asOf: held.asOf }, head);
  }

  lead(page: number, lease: Pick<Held, "id" | "asOf" | "untilMs">): void {
    this.held.set(page, { ...lease, ending: false });
  }

  isHolder(page: number, id: string): boolean {
    return this.held.get(page)?.id === id;
  }

  end(page: number, id: string): void {
    if (this.isHolder(page, id)) this.held.delete(page);
  }

  failed(page: number, nowMs: number): void {
    const count = (this.failures.get(page)?.count ?? 0) + 1;
    this.failures.set(page, { count, retryAtMs: nowMs + Math.min(2 ** (count - 1), 60) * 1000 });
  }

  stored(content: Content): void {
    this.passUntilMs.delete(content.page);
    this.failures.delete(content.page);
    this.known.set(content.page, content);
  }
}
