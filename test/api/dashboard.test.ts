import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { dashboard } from "../../src/dashboard/index.ts";

const request = (init: RequestInit = {}) => new Request("https://a.example/.larder/dashboard", init);

describe("the dashboard's page", () => {
  it("is one small document, which loads nothing from anywhere", async () => {
    const response = dashboard(request());
    const html = await response.text();
    expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(new TextEncoder().encode(html).byteLength).toBeLessThan(150_000);
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? expect.fail("there is no style");
    expect(html).not.toMatch(/<script[^>]+src=|<link[^>]+href="(?!data:)/);
    expect(style).not.toMatch(/@import|url\((?!data:)/);
  });

  it("lets nothing run but its own script and style, and nobody frame it", async () => {
    const csp = dashboard(request()).headers.get("Content-Security-Policy") ?? "";
    expect(csp).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; /,
    );
    expect(csp).toContain("frame-ancestors 'none'");
    expect(csp).not.toContain("unsafe");
  });

  it("is not sent again to who has it, nor its content to HEAD", async () => {
    const etag = dashboard(request()).headers.get("ETag") ?? "";
    const again = dashboard(request({ headers: { "If-None-Match": etag } }));
    expect([again.status, again.body]).toEqual([304, null]);
    expect(dashboard(request({ headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    const head = dashboard(request({ method: "HEAD" }));
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(dashboard(request({ method: "POST" })).status).toBe(405);
  });

  it("lies under the reserved prefix, and needs no token", async () => {
    const coordinator = (exports as typeof exports & { readonly default: Fetcher }).default;
    const response = await coordinator.fetch(request());
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("<title>Larder</title>");
  });
});
