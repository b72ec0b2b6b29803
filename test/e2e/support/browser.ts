import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { chromium } from "playwright-core";

const shots = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** Where Chromium is, by the name that its package gives it, or as the environment says. */
function executable(): string {
  const known = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = known.find((path) => path !== undefined && existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    "These tests drive a real Chromium, and there is none here. Install one (on Debian: apt-get install chromium), or say where it is: CHROMIUM=/path/to/it npm run test:e2e",
  );
}

export async function openBrowser(): Promise<Browser> {
  await mkdir(shots, { recursive: true });
  return chromium.launch({
    executablePath: executable(),
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ],
  });
}

/** A page, and what there is to complain of: errors in its console, and requests to anywhere but its own origin. */
export interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Leaves a picture where a person can look at it. */
  shoot(name: string): Promise<void>;
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") complaints.push(`it asks for ${request.url()}`);
  });
  return {
    page,
    complaints,
    shoot: async (name) => {
      await page.screenshot({ path: `${shots}${name}.png`, fullPage: true });
    },
  };
}
