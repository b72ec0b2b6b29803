import { expect, it } from "vitest";
import type { NamespaceObject } from "../../src/api/route.ts";
import { objectNamed } from "../support/api.ts";
import { freshNamespace } from "../support/fresh.ts";

it("an object tells how near it is to its limits", async () => {
  const object: NamespaceObject = objectNamed(freshNamespace());
  const before = await object.health();
  expect(before).toMatchObject({ purges: 0, recordsNamed: 0, entries: 0, schedules: 0, listeners: 0, problems: [] });
  expect(before.storageBytes).toBeGreaterThan(0);
  await object.purge({}, { tags: ["a", "b"] }, "a test");
  await object.purge({}, { prefix: "https://a.example/" }, "a test");
  await object.addSchedule({ cron: "0 0 1 1 *", purge: { tags: ["a"] } }, "a test");
  const opened = await object.fetch(
    new Request("https://feed.larder.invalid/?feed={}", { headers: { Upgrade: "websocket" } }),
  );
  opened.webSocket?.accept();
  const after = await object.health();
  expect(after).toMatchObject({ purges: 2, recordsNamed: 3, schedules: 1, listeners: 1 });
  expect(after.version.split("-")[1]).toBe("2");
  opened.webSocket?.close();
});
