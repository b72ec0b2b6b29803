import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/simulate.ts", import.meta.url));
const SMALL = "--data-centres 20 --isolates 1,2 --requests-per-second 200 --keys 50 --ttl 10 --seconds 10 --lag 2,5";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(options: string): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  execFile(process.execPath, [script, ...options.split(" ").filter(Boolean)], (error, stdout, stderr) => {
    resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
  });
  return promise;
}

test("prints the same table for the same seed, and another for another", async () => {
  const [one, again, other] = await Promise.all([
    simulate(`${SMALL} --seed 3`),
    simulate(`${SMALL} --seed 3`),
    simulate(`${SMALL} --seed 4`),
  ]);
  expect(one.code).toBe(0);
  expect(one.stdout).toContain("seed 3");
  expect(one.stdout.match(/^lag \d+ s, \d isolates/gm)).toHaveLength(4);
  expect(again.stdout).toBe(one.stdout);
  expect(other.stdout.replace("seed 4", "seed 3")).not.toBe(one.stdout);
});

test("no purge is overlooked for longer than the bound", async () => {
  const { stdout } = await simulate(`${SMALL} --purges-per-second 20 --link-ms 200`);
  const rows = [...stdout.matchAll(/^lag (\d+) s, \d isolates +([\d.]+)/gm)].map(([, lag, worst]) => ({
    lag: Number(lag),
    worst: Number(worst),
  }));
  expect(rows).toHaveLength(4);
  for (const { lag, worst } of rows) {
    expect(worst).toBeLessThanOrEqual(lag);
    expect(worst).toBeGreaterThan(0);
  }
});

test("draws the table", async () => {
  const directory = await mkdtemp(join(tmpdir(), "larder-simulate-"));
  try {
    const file = join(directory, "plot.svg");
    expect((await simulate(`${SMALL} --svg ${file}`)).code).toBe(0);
    const svg = await readFile(file, "utf8");
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toContain("NaN");
    expect(svg.match(/<polyline/g)).toHaveLength(2 * (3 + 2 + 1 + 1));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test.each([
  ["--lag 1", '--lag must be a whole number from 2 to 3600, not "1"'],
  ["--lag 2,", '--lag must be a whole number from 2 to 3600, not ""'],
  ["--keys 1,2", '--keys must be a whole number from 1 to 10000000, not "1,2"'],
  ["--zipf -1", "--zipf"],
  ["--seed", "--seed needs a value"],
  ["--speed 3", "--speed is not an option"],
  ["--help=1", "--help takes no value"],
  ["fast", '"fast" is not an option'],
])("refuses %s in one line", async (options, message) => {
  const { code, stdout, stderr } = await simulate(options);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("explains its options", async () => {
  const { code, stdout } = await simulate("--help");
  expect(code).toBe(0);
  for (const name of ["--data-centres", "--lag", "--seed", "--svg", "--help"]) expect(stdout).toContain(name);
});
