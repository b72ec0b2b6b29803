import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Counts } from "../../schema/counters.ts";
import { counterNames } from "../../schema/counters.ts";
import { figuresOf } from "../../schema/figures.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import { exposition, families } from "../../src/api/metrics.ts";
import type { NamespaceObject } from "../../src/api/route.ts";
import { cache } from "../../src/client/index.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

interface Read {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text by its grammar (prometheus.io/docs/instrumenting/exposition_formats); throws where it is not of it. */
function read(text: string): { samples: Read[]; types: Map<string, string> } {
  const samples: Read[] = [];
  const types = new Map<string, string>();
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  for (const line of text.slice(0, -1).split("\n")) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      if (types.has(type[1] ?? "")) throw new Error(`${type[1]} is told of twice`);
      types.set(type[1] ?? "", type[2] ?? "");
      continue;
    }
    if (/^# (?:HELP [a-z_]+ [^\n]+|UNIT [a-z_]+ [a-z]+|EOF)$/.test(line)) continue;
    const sample = /^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (\d+(?:\.\d+)?)$/.exec(line);
    if (sample === null) throw new Error(`not of the grammar: ${line}`);
    const labels = [...(sample[2] ?? "").matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
    ]);
    samples.push({ name: sample[1] ?? "", labels: Object.fromEntries(labels), value: Number(sample[3]) });
  }
  return { samples, types };
}

const someCounts = fc.dictionary(fc.constantFrom(...counterNames), fc.nat()) as fc.Arbitrary<Counts>;

describe("the text", () => {
  it("is of the grammar, adds up to the counters, and has cumulative buckets, whatever was counted", () => {
    fc.assert(
      fc.property(someCounts, fc.string(), fc.string(), (counts, namespace, name) => {
        const group = { name, ...figuresOf(counts), entries: 3, bytes: 4 };
        for (const format of ["text", "openmetrics"] as const) {
          const text = exposition(families([{ namespace, caches: [group] }]), format);
          expect(text.endsWith("# EOF\n")).toBe(format === "openmetrics");
          const { samples } = read(text);
          const of = (metric: string) => samples.filter((sample) => sample.name === metric);
          const sum = (metric: string) => of(metric).reduce((all, { value }) => all + value, 0);
          expect(sum("larder_requests_total")).toBe(group.requests);
          expect(sum("larder_put_refusals_total")).toBe(group.refusals);
          expect(sum("larder_served_bytes_total")).toBe(group.bytesServed);
          const buckets = of("larder_origin_duration_seconds_bucket");
          expect(buckets.map(({ labels }) => labels["le"])).toEqual([
            ...["0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"],
          ]);
          for (const [at, { value }] of buckets.entries())
            expect(value).toBeGreaterThanOrEqual(buckets[at - 1]?.value ?? 0);
          for (const { labels } of samples.slice(1)) {
            expect([labels["namespace"], labels["cache"]]).toEqual([namespace, name]);
          }
        }
      }),
    );
  });

  it("names a counter by its samples in the older format, and by its family in the newer", () => {
    const group = { name: "pages", ...figuresOf({ purges: 2 }) };
    const text = (format: "text" | "openmetrics") =>
      exposition(families([{ namespace: "n", caches: [group] }]), format);
    expect(text("text")).toContain(
      '# HELP larder_purges_total Purges.\n# TYPE larder_purges_total counter\nlarder_purges_total{namespace="n",cache="pages"} 2\n',
    );
    expect(text("openmetrics")).toContain(
      '# HELP larder_purges Purges.\n# TYPE larder_purges counter\nlarder_purges_total{namespace="n",cache="pages"} 2\n',
    );
    expect(text("openmetrics")).toContain("# UNIT larder_served_bytes bytes\n");
  });
});

describe("GET /metrics", () => {
  const scrape = async (api: (request: Request) => Promise<Response>, query = "", accept = "*/*") => {
    const headers = { Authorization: `Bearer ${TOKEN}`, Accept: accept };
    return api(new Request(`https://a.example/.larder/metrics${query}`, { headers }));
  };

  it("tells of a namespace what it has counted", async () => {
    const namespace = freshNamespace();
    const pages = cache({ name: "pages", namespace, ttlSeconds: 60 });
    const url = freshUrl();
    await pages.match(url);
    await pages.put(url, new Response("page"));
    await pages.match(url);
    await pages.stats();
    const { samples } = read(await (await scrape(apiWith(), `?namespace=${namespace}`)).text());
    const value = (name: string, labels: object = {}) =>
      samples.find(
        (sample) => sample.name === name && Object.entries(labels).every(([of, is]) => sample.labels[of] === is),
      )?.value;
    expect(value("larder_up", { namespace })).toBe(1);
    expect(value("larder_requests_total", { cache: "pages", outcome: "hit", reason: "fresh" })).toBe(1);
    expect(value("larder_requests_total", { outcome: "miss", reason: "absent" })).toBe(1);
    expect(value("larder_entries", { cache: "pages" })).toBe(1);
    expect(value("larder_index_bytes")).toBe(4);
  });

  it("tells of all namespaces there are, page by page, and of one that does not answer that it is down", async () => {
    const names = ["a", "b", "down"].map((name) => `${freshNamespace()}-${name}`);
    const directory = {
      namespaces: async ({ after = "" }) => {
        const at = after === "" ? 0 : names.indexOf(after) + 1;
        const page = [{ name: names[at] as never, since: new Date(0) }];
        return at + 1 < names.length ? { namespaces: page, after: names[at] ?? "" } : { namespaces: page };
      },
    } as unknown as NamespaceOperations;
    const namespace = (name: string): NamespaceObject =>
      name.endsWith("down")
        ? ({ stats: () => Promise.reject(new Error("Network connection lost.")) } as unknown as NamespaceObject)
        : objectNamed(name);
    const response = await scrape(apiWith({ directory: () => directory, namespace }));
    expect(response.status).toBe(200);
    const { samples } = read(await response.text());
    const up = samples
      .filter(({ name }) => name === "larder_up")
      .map(({ labels, value }) => [labels["namespace"], value]);
    expect(up).toEqual(names.map((name) => [name, name.endsWith("down") ? 0 : 1]));
  });

  it("is in the format that is asked for", async () => {
    const api = apiWith();
    const plain = await scrape(api, `?namespace=${freshNamespace()}`);
    expect(plain.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const open = await scrape(
      api,
      `?namespace=${freshNamespace()}`,
      "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
    );
    expect(open.headers.get("Content-Type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect((await open.text()).endsWith("# EOF\n")).toBe(true);
  });

  it("refuses a namespace that can be none", async () => {
    const response = await scrape(apiWith(), "?namespace=a%20b");
    expect(await response.json()).toMatchObject({ status: 400, field: "namespace" });
  });
});
