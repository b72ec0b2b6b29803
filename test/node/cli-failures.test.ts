import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCli } from "./support/cli.ts";
import { freeBasePort } from "./support/ports.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "larder-cli-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const larder = (args: readonly string[], env: NodeJS.ProcessEnv = {}, from = directory) => runCli(args, from, { env });

/** What a real coordinator does not do on demand. */
async function server(answer: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const listening = createServer(answer);
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      listening.closeAllConnections();
      listening.close();
      await once(listening, "close");
    },
  };
}

/** Answers what a purge is answered, and notes who has asked. */
async function recording() {
  const asked: { url: string; authorization: string | undefined; body: string }[] = [];
  const listening = await server((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      asked.push({ url: request.url ?? "", authorization: request.headers.authorization, body });
      response.end(JSON.stringify({ purged: 1, version: "0123456789abcdef-1" }));
    });
  });
  return Object.assign(listening, { asked });
}

const purge = ["purge", "--tag", "a"];

describe("a coordinator that fails", () => {
  it.each([502, 503, 522])("is unreachable where something before it answers %d", async (status) => {
    await using gateway = await server((_, response) => response.writeHead(status).end("<h1>Bad gateway</h1>"));
    const { code, stdout, stderr } = await larder([...purge, "--server", gateway.url]);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toMatch(new RegExp(`^larder: .* answered ${status}, and not as a coordinator does`));
  });

  it.each([
    ["a site that is none", 404, "<h1>Not found</h1>"],
    ["a page in place of an answer", 200, "<h1>Welcome</h1>"],
  ])("is told from %s", async (_, status, body) => {
    await using site = await server((__, response) => response.writeHead(status).end(body));
    const { code, stderr } = await larder([...purge, "--server", site.url]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("not as a coordinator of Larder does; check --server")]);
  });

  it("is not looked for where it redirects to", async () => {
    await using site = await server((_, response) =>
      response.writeHead(301, { location: "https://other.example/" }).end(),
    );
    const { code, stderr } = await larder([...purge, "--server", site.url]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("redirects to https://other.example/")]);
  });

  it("may answer with a code that this version does not know", async () => {
    const body = JSON.stringify({ code: "too-hot", detail: "It is too hot" });
    await using site = await server((_, response) => response.writeHead(418).end(body));
    const { code, stderr } = await larder([...purge, "--server", site.url]);
    expect([code, stderr]).toEqual([1, "larder: It is too hot\n"]);
  });

  it("is not waited for longer than --timeout", async () => {
    await using site = await server(() => {});
    const { code, stderr } = await larder([...purge, "--server", site.url, "--timeout", "0.2"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("no answer within 0.2 s")]);
  });

  it("may lose the connection", async () => {
    await using site = await server((request) => request.socket.destroy());
    const { code, stderr } = await larder([...purge, "--server", site.url]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("may have been done")]);
  });

  it.each([
    [purge],
    [["stats", "--watch"]],
    [["tail"]],
    [["entries"]],
    [["schedule", "list"]],
    [["export"]],
    [["doctor"]],
    [["warm", "--top", "3"]],
    [["refill", "list"]],
    [["refill", "watch", "0123456789abcdef"]],
    [["refill", "stop", "0123456789abcdef"]],
    [["token", "revoke", "0123456789abcdef"]],
    [["token", "revoked"]],
  ])("may not be there: %j", async (args) => {
    const url = `http://127.0.0.1:${await freeBasePort()}`;
    const { code, stdout, stderr } = await larder([...args, "--server", url]);
    expect([code, stdout, stderr]).toEqual([4, "", expect.stringContaining("nothing listens there")]);
  });

  it.each([[502], [404]])("may answer %d to a live feed", async (status) => {
    await using site = await server((_, response) => response.writeHead(status).end("no"));
    const { code, stderr } = await larder(["tail", "--server", site.url]);
    expect([code, stderr]).toEqual([status === 502 ? 4 : 1, expect.stringContaining(`answered ${status}`)]);
  });
});

describe("whom a command asks", () => {
  it("has to be said", async () => {
    const { code, stderr } = await larder(purge, { LARDER_URL: "" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("which coordinator? Give --server")]);
  });

  it.each([
    ["no URL", "larder.example.com", "must be as in https://"],
    ["another protocol", "ftp://larder.example.com", "must be as in https://"],
    ["a user name", "https://me:secret@larder.example.com", "must hold no user name"],
  ])("must not be %s", async (_, url, message) => {
    const { code, stderr } = await larder([...purge, "--server", url]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).not.toContain("secret");
  });

  it("comes from flags, the environment's section, variables and the file, in this order", async () => {
    await using coordinator = await recording();
    const settings = {
      url: `${coordinator.url}/`,
      token: "of the file",
      namespace: "of-the-file",
      environments: { staging: { token: "of staging", namespace: "staging" } },
    };
    await writeFile(join(directory, ".larderrc"), JSON.stringify(settings));
    const below = join(directory, "below");
    await mkdir(below);
    const env = { LARDER_TOKEN: "of a variable" };
    await larder(purge, {}, below);
    await larder(purge, env);
    await larder([...purge, "--environment", "staging"], env);
    await larder([...purge, "--environment", "staging", "--token", "of a flag", "-n", "flagged"], env);
    expect(coordinator.asked.map(({ url, authorization }) => [url, authorization])).toEqual([
      ["/.larder/v1/caches/of-the-file/purge", "Bearer of the file"],
      ["/.larder/v1/caches/of-the-file/purge", "Bearer of a variable"],
      ["/.larder/v1/caches/staging/purge", "Bearer of staging"],
      ["/.larder/v1/caches/flagged/purge", "Bearer of a flag"],
    ]);
  });

  it("takes a path in its URL as the reserved prefix, and --site for paths", async () => {
    await using coordinator = await recording();
    await larder([
      "purge",
      "--path",
      "/p/*",
      "--server",
      `${coordinator.url}/own/`,
      "--site",
      "https://www.example.com",
    ]);
    expect(coordinator.asked).toMatchObject([
      { url: "/own/v1/caches/default/purge", body: JSON.stringify({ prefix: "https://www.example.com/p/" }) },
    ]);
  });

  it.each([
    ["that is no JSON", "url: x", "is not JSON"],
    ["with a setting that there is not", '{ "server": "https://a.example" }', "server is not a setting"],
    ["with a setting of another kind", '{ "url": 7 }', "url must be a string"],
    [
      "with a wrong environment",
      '{ "environments": { "a": { "token": "" } } }',
      "environments.a.token must not be empty",
    ],
  ])("does not come from a .larderrc %s", async (_, text, message) => {
    await writeFile(join(directory, ".larderrc"), text);
    const { code, stderr } = await larder(purge);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain(join(directory, ".larderrc"));
  });

  it("is never another than the environment that was named", async () => {
    await using coordinator = await recording();
    await writeFile(
      join(directory, ".larderrc"),
      JSON.stringify({ url: coordinator.url, environments: { staging: {} } }),
    );
    const { code, stderr } = await larder([...purge, "--environment", "production"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("production is not declared")]);
    expect(stderr).toContain("declares staging");
    expect(coordinator.asked).toEqual([]);
  });

  it("is asked with no token that a header cannot hold", async () => {
    await using coordinator = await recording();
    const { code, stderr } = await larder([...purge, "--server", coordinator.url, "--token", "a\nb"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("no HTTP header holds")]);
    expect(coordinator.asked).toEqual([]);
  });

  it("is told where its .larderrc cannot be read", async () => {
    await mkdir(join(directory, ".larderrc"));
    await chmod(join(directory, ".larderrc"), 0o700);
    const { code, stderr } = await larder(purge);
    expect([code, stderr]).toEqual([2, expect.stringContaining(".larderrc cannot be read")]);
  });
});

describe("the command itself", () => {
  it.each([
    ["purge"],
    ["cache-clear"],
    ["namespaces"],
    ["history"],
    ["revoke"],
    ["entries"],
    ["tags"],
    ["stats"],
    ["top"],
    ["explain"],
    ["tail"],
    ["check"],
    ["doctor"],
    ["export"],
    ["import"],
    ["init"],
    ["schedule add"],
    ["schedule list"],
    ["schedule remove"],
    ["warm"],
    ["refill list"],
    ["refill watch"],
    ["refill stop"],
    ["token create"],
    ["token inspect"],
    ["token keys"],
    ["token revoke"],
    ["token revoked"],
  ])("tells of %s with examples", async (name) => {
    const { code, stdout } = await larder([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`\n  larder ${name}`);
  });

  it("suggests what was meant, and ends with 2", async () => {
    const { code, stderr } = await larder(["purg"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Did you mean purge?")]);
  });

  it.each(["bash", "zsh", "fish", "powershell"])("completes in %s", async (shell) => {
    const { code, stdout } = await larder(["complete", shell]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("larder")]);
  });

  it("completes commands and their flags", async () => {
    expect((await larder(["complete", "--", "pu"])).stdout).toContain("purge");
    expect((await larder(["complete", "--", "purge", "--dr"])).stdout).toContain("--dry-run");
  });
});
