import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PurgeHistoryPage } from "../../schema/purge.ts";
import type { CacheStats } from "../../schema/stats.ts";
import { Coordinator, TOKEN } from "../node/support/coordinator.ts";
import { until } from "../node/support/until.ts";
import { openBrowser, openPage, type Watched } from "./support/browser.ts";

let browser: Browser;
let coordinator: Coordinator;
let watched: Watched;
let page: Page;

const PAGES = Array.from({ length: 12 }, (_, at) => at);

beforeAll(async () => {
  browser = await openBrowser();
  coordinator = await Coordinator.start();
  await coordinator.load(PAGES);
});

afterAll(async () => {
  await browser?.close();
  await coordinator?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  watched = await openPage(browser);
  page = watched.page;
});

afterEach(async () => {
  await page.context().close();
});

const address = (hash = "") => `${coordinator.url}/.larder/dashboard${hash}`;

async function signIn(hash = ""): Promise<void> {
  await page.goto(address(hash));
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
}

const tile = async (name: string) => {
  const text = await page
    .locator(".tile", { has: page.getByText(name, { exact: true }) })
    .locator("dd")
    .innerText();
  return Number(text.split("\n")[0]?.replaceAll(",", ""));
};

describe("signing in", () => {
  it("refuses a wrong token in the API's own words, and takes the right one", async () => {
    await page.goto(address());
    await page.getByLabel("Token").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("The token is not the one the coordinator was given");
    await watched.shoot("sign-in-refused");
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.evaluate(() => [Object.keys(localStorage), document.cookie])).toEqual([[], ""]);
    // That of the refusal is the browser's own.
    expect(watched.complaints.filter((complaint) => !complaint.includes("401"))).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token").waitFor();
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
  });
});

describe("the overview", () => {
  it("moves with what is asked for, by the live feed, and marks purges", async () => {
    await signIn();
    const before = await tile("Requests");
    await coordinator.load(PAGES, 5);
    await until("the new requests show", async () => (await tile("Requests")) >= before + 60, 15_000);
    // What it shows is what has been counted.
    await until("it shows what the API tells", async () => {
      const { requests } = await coordinator.api<CacheStats>("/stats?windowSeconds=3600");
      return (await tile("Requests")) === requests;
    });
    await coordinator.api("/purge", { tags: ["product:4"], reason: "told by the feed" });
    await page.getByText("token purged tag product:4, in all caches").waitFor();
    expect(await page.getByRole("img", { name: /^Requests by outcome\. [\d,]+ hits/ }).count()).toBe(1);
    await watched.shoot("overview-light");
    expect(watched.complaints).toEqual([]);
  });

  it("shows the windows that are chosen, by the keyboard too", async () => {
    await signIn();
    await page.getByRole("radio", { name: "1 h" }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("radio", { name: "24 h" }).isChecked()).toBe(true);
    await page.getByText("90 d", { exact: true }).click();
    await until("the counts are there", async () => (await tile("Requests")) > 0);
    expect(watched.complaints).toEqual([]);
  });
});

describe("purging", () => {
  it("tries it out first, then asks why, then purges, and takes it back from the history", async () => {
    await coordinator.load(PAGES);
    await signIn("#/default/purge");
    await page.getByLabel("What").selectOption("tags");
    await page.getByRole("textbox", { name: "Any of these tags" }).fill("product:1");
    await page.getByRole("button", { name: "See what it would hit" }).click();
    await page.getByText("It would hit 3 entries").waitFor();
    const { purges: before } = await coordinator.api<PurgeHistoryPage>("/purges");
    await page.locator("summary").click();
    expect(await page.locator(".keys li").count()).toBe(3);
    await watched.shoot("purge-tried-out");
    await page.getByLabel("Reason").fill("a new price");
    await page.getByRole("button", { name: "Purge 3 entries" }).click();
    await page.getByText("3 entries were purged").waitFor();
    const { purges } = await coordinator.api<PurgeHistoryPage>("/purges");
    expect(purges).toHaveLength(before.length + 1);
    expect(purges[0]).toMatchObject({ reason: "a new price", purged: 3, selectors: [{ tags: ["product:1"] }] });

    await page.getByRole("link", { name: "See it in the history" }).click();
    const seq = purges[0]?.seq;
    await page.getByRole("button", { name: `Undo purge ${seq}`, exact: true }).click();
    await page.getByRole("button", { name: `Yes, undo purge ${seq}` }).click();
    await page.getByText(`Purge ${seq} was taken back: 3 entries are in force again.`).waitFor();
    await watched.shoot("history");
    const { purges: after } = await coordinator.api<PurgeHistoryPage>("/purges");
    expect(after[0]).toMatchObject({ seq, revoked: { restored: 3 } });
    expect(watched.complaints).toEqual([]);
  });

  it("of much has to be confirmed in writing, and is told anew when something else is asked", async () => {
    await signIn("#/default/purge");
    await page.getByLabel("What").selectOption("everything");
    await page.getByRole("button", { name: "See what it would hit" }).click();
    const button = page.locator("button.danger");
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel("Type default to go on").fill("default");
    expect(await button.isEnabled()).toBe(true);
    await page.getByLabel("Soft").check();
    expect(await button.count()).toBe(0);
    expect(watched.complaints).toEqual([]);
  });

  it("works by the keyboard alone, and says what is wrong in the API's words", async () => {
    await signIn("#/default/purge?kind=prefix");
    await page.getByRole("textbox", { name: "URLs that begin with" }).focus();
    await page.keyboard.type("/p/");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("alert").innerText()).toContain("prefix: must begin with http:// or https://");
    await page.keyboard.press("Control+A");
    await page.keyboard.type(`${coordinator.url}/p/11`);
    await page.keyboard.press("Enter");
    await page.getByText("It would hit 1 entries").waitFor();
    for (let tabs = 0; tabs < 12; tabs += 1) {
      await page.keyboard.press("Tab");
      if (await page.locator("button.danger").evaluate((button) => button === document.activeElement)) break;
    }
    await page.keyboard.press("Enter");
    await page.getByText("1 entries were purged").waitFor();
  });
});

describe("looking things up", () => {
  it("lists entries by tag and state, and a tag's entries from the list of tags", async () => {
    await coordinator.load(PAGES);
    await signIn("#/default/tags");
    await page.getByRole("link", { name: "product:2", exact: true }).click();
    await until("its entries are listed", async () => (await page.locator("tbody tr").count()) === 2);
    expect(await page.locator("tbody th.url").allInnerTexts()).toEqual([
      expect.stringContaining("/p/2"),
      expect.stringContaining("/p/7"),
    ]);
    await page.getByLabel("State").selectOption("purged");
    await page.getByText("There are none.").waitFor();
    await page.goBack();
    await until("the list is back", async () => (await page.locator("tbody tr").count()) === 2);
    await watched.shoot("entries");
    expect(watched.complaints).toEqual([]);
  });

  it("explains a request of an entry", async () => {
    await coordinator.load([3]);
    await signIn("#/default/entries?tag=product:3");
    await page.getByRole("link", { name: "Explain" }).nth(1).click();
    await page.getByLabel("URL").waitFor();
    await page.getByRole("button", { name: "Explain" }).click();
    await page.getByRole("heading", { name: "hit" }).waitFor();
    expect(await page.locator(".account").innerText()).toMatch(/Key\s+http.*larder=default\/gateway\/GET/);
    await watched.shoot("explain");
    expect(watched.complaints).toEqual([]);
  });

  it("tells what is asked for most", async () => {
    await coordinator.load([5], 20);
    await signIn("#/default/top?of=keys&by=hits");
    await until(
      "the key is the first",
      async () => {
        await page.reload();
        await page.locator("tbody tr").first().waitFor();
        return (await page.locator("tbody th").first().innerText()).includes("/p/5?");
      },
      15_000,
    );
    await watched.shoot("top");
  });
});

describe("in other circumstances", () => {
  it("connects again after the coordinator was restarted, and has missed nothing", async () => {
    await signIn();
    const before = await coordinator.api<CacheStats>("/stats");
    await coordinator.stop();
    await page.getByText("Interrupted; connecting again…").waitFor({ timeout: 20_000 });
    await watched.shoot("interrupted");
    await coordinator.start();
    const { version } = await coordinator.api<{ version: string }>("/purge", {
      tags: ["product:0"],
      reason: "while away",
    });
    await coordinator.load(PAGES);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
    // It was made while nobody listened, or just after: either way it is told, and once.
    await page.getByText("while away").waitFor();
    expect(await page.getByText("while away").count()).toBe(1);
    expect(version).toBeTruthy();
    await until(
      "the counts of both times are there",
      async () => {
        const { requests } = await coordinator.api<CacheStats>("/stats?windowSeconds=3600");
        return requests >= before.requests + PAGES.length && (await tile("Requests")) === requests;
      },
      20_000,
    );
  }, 120_000);

  it.each([
    ["dark", { colorScheme: "dark" as const }],
    ["phone", { viewport: { width: 390, height: 844 } }],
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" as const }],
  ])("is readable: %s", async (name, options) => {
    await page.context().close();
    watched = await openPage(browser, options);
    page = watched.page;
    await signIn();
    await until("the counts are there", async () => (await tile("Requests")) > 0);
    await watched.shoot(`overview-${name}`);
    const { ratio, overflow } = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      const channels = (colour: string) => (colour.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 3).map(Number);
      // WCAG 2.2, "relative luminance" and "contrast ratio".
      const luminance = (colour: string) =>
        channels(colour)
          .map((channel) => channel / 255)
          .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
          .reduce((sum, part, at) => sum + part * ([0.2126, 0.7152, 0.0722][at] ?? 0), 0);
      const muted = document.querySelector(".tile dt");
      const panel = document.querySelector(".tile");
      const pairs = [[style.color, style.backgroundColor]];
      if (muted !== null && panel !== null)
        pairs.push([getComputedStyle(muted).color, getComputedStyle(panel).backgroundColor]);
      const ratios = pairs.map(([ink = "", paper = ""]) => {
        const [light = 0, dark = 0] = [luminance(ink), luminance(paper)].sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
      });
      return { ratio: Math.min(...ratios), overflow: document.documentElement.scrollWidth - innerWidth };
    });
    expect(ratio).toBeGreaterThanOrEqual(4.5);
    expect(overflow).toBeLessThanOrEqual(0);
    for (const view of ["entries", "history", "purge"]) {
      await page.goto(address(`#/default/${view}`));
      await page.getByRole("heading", { level: 1 }).waitFor();
      // Only what is there can be too wide.
      if (view !== "purge") await page.locator("tbody tr").first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await watched.shoot(`${view}-${name}`);
    }
    expect(watched.complaints).toEqual([]);
  });
});
