import { WorkerEntrypoint } from "cloudflare:workers";
import { bodyOf, page } from "./page.ts";

/** Requests by their URL. */
const requests = new Map<string, number>();

/** The site behind the contestants: slow, and it counts who asks. */
export default class Shop extends WorkerEntrypoint<{ readonly ORIGIN_MS: number }> {
  override async fetch({ url }: Request): Promise<Response> {
    requests.set(url, (requests.get(url) ?? 0) + 1);
    await scheduler.wait(this.env.ORIGIN_MS);
    return page(bodyOf(url));
  }

  async requests(url: string): Promise<number> {
    return requests.get(url) ?? 0;
  }
}
