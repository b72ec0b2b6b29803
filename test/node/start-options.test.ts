import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "vitest";
import { runLarder } from "./support/larder.ts";
import { freeBasePort } from "./support/ports.ts";

it.each([
  [["--prot", "9000"], "--prot is not an option"],
  [["9000"], '"9000" is not an option'],
  [["--port"], "--port needs a value"],
  [["--port", "x"], "--port must be a whole number from 1 to 65533"],
  [["--port", "0"], "--port must be a whole number from 1 to 65533"],
  [["--port", "80.5"], "--port must be a whole number from 1 to 65533"],
  [["--port", "65534"], "--port must be a whole number from 1 to 65533"],
  [["--port", "-1"], "--port"],
  [["--port", "65536", "--origin", "http://127.0.0.1:3000"], "--port must be a whole number from 1 to 65535"],
  [["--origin", "127.0.0.1:3000"], "--origin must be an http or https URL"],
  [["--origin", "ftp://example.com"], "--origin must be an http or https URL"],
  [["--origin", "http://"], "--origin must be an http or https URL"],
  [["--origin", "http://me:secret@example.com"], "--origin must not hold a user name or password"],
  [["--origin", "http://example.com/shop?x=1"], "--origin must be a site without path or query"],
  [["--origin", "http://localhost:8787"], "--origin http://localhost:8787 is the coordinator's own address"],
  [["--fresh=yes"], "--fresh takes no value"],
  [["--state="], "--state needs a value"],
])("refuses %j with one line and exit code 2", async (args, message) => {
  const { code, stdout, stderr } = await runLarder(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

it("refuses a delay of the origin that is no number, naming the setting", async () => {
  const { code, stderr } = await runLarder([], { ORIGIN_DELAY_MS: "soon" });
  expect(code).toBe(2);
  expect(stderr).toMatch(/^larder: ORIGIN_DELAY_MS must be a whole number of milliseconds.*\n$/);
});

it.each([0, 1, 2])("says which port is in use and what to do, when it is the base plus %i", async (offset) => {
  const base = await freeBasePort();
  await using taken = createServer();
  taken.listen(base + offset, "127.0.0.1");
  await once(taken, "listening");
  const { code, stdout, stderr } = await runLarder(["--port", String(base)]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(new RegExp(`^larder: port ${base + offset} .*--port.*\\n$`));
});

it("explains itself on --help", async () => {
  const { code, stdout, stderr } = await runLarder(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const option of ["--port", "--origin", "--fresh", "--state", "LARDER_TOKEN"]) expect(stdout).toContain(option);
});
