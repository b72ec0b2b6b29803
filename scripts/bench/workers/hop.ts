import { WorkerEntrypoint } from "cloudflare:workers";

/** The least a Worker can do that answers cache matches for another one: the yardstick of `mode: "remote"`. */
export default class Hop extends WorkerEntrypoint {
  async match(url: string): Promise<Response | undefined> {
    return caches.default.match(url);
  }
}
