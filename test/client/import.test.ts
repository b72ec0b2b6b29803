import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { stubOf } from "../support/namespace-object.ts";
import { exportOf, importInto } from "../support/transfer.ts";

test.each(["isolate", "remote"] as const)(
  "what lies in a data centre's cache is served again, as far as it is in force, once another coordinator has the log (%s)",
  async (mode) => {
    const namespace = freshNamespace();
    const pages = cache({ name: "pages", namespace, ttlSeconds: 600, mode });
    const origin = new URL(freshUrl()).origin;
    for (const tag of ["kept", "purged"]) await pages.put(`${origin}/${tag}`, new Response(tag), { tags: [tag] });
    const { version } = await pages.purge({ tags: ["purged"] });
    const left = async (atLeast?: typeof version) => {
      const options = atLeast === undefined ? { consistency: "strong" as const } : { atLeast };
      const found = await Promise.all(["kept", "purged"].map((path) => pages.match(`${origin}/${path}`, options)));
      return found.map((response) => response !== undefined && response !== null);
    };
    expect(await left(version)).toEqual([true, false]);
    const exported = await exportOf(namespace);

    // Another coordinator's namespace of that name: it has an epoch of its own, so nothing stored before is valid.
    await runInDurableObject(stubOf(namespace), (_, { storage }) => storage.deleteAll());
    await evictDurableObject(stubOf(namespace));
    expect(await left()).toEqual([false, false]);

    await importInto(namespace, exported);
    // A version that was handed out before is known again, and brings the isolate's view up to it.
    expect(await left(version)).toEqual([true, false]);
    expect(await left()).toEqual([true, false]);
    const { version: next } = await pages.purge({ tags: ["kept"] });
    expect(next.split("-")).toEqual([exported.namespace.epoch, "2"]);
    expect(await left(next)).toEqual([false, false]);
  },
);
