/** Requests that are looked at before it is taken that none will tell: those that apps make themselves never do. */
const MOST_TRIES = 100;

/**
 * In which of Cloudflare's data centres this isolate runs, by the code people know it by, such as `AMS`: an isolate stays
 * in one, and requests from outside say which (developers.cloudflare.com/workers/runtime-apis/request, "colo").
 */
export class Colo {
  #name: string | undefined;
  #tries = 0;

  /** Undefined as long as no request has told. */
  get name(): string | undefined {
    return this.#name;
  }

  learnFrom(request: Request): void {
    if (this.#name !== undefined || this.#tries === MOST_TRIES) return;
    this.#tries += 1;
    const colo = request.cf?.["colo"];
    if (typeof colo === "string" && /^[A-Za-z]{3,8}$/.test(colo)) this.#name = colo;
  }
}
