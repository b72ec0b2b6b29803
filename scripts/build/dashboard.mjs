import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Makes the dashboard one module of text, which every bundler takes without a rule for it: the page, with its script and its
 * style in it, and the policy that lets just these two run (www.w3.org/TR/CSP3). It is plain JavaScript because it runs when
 * the package is installed, by whatever Node there is.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));

const { outputFiles } = await build({
  entryPoints: [`${root}src/dashboard/app/main.tsx`],
  bundle: true,
  minify: true,
  write: false,
  outdir: "out",
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
});

function output(ending) {
  const found = outputFiles.find(({ path }) => path.endsWith(ending));
  if (found === undefined) throw new Error(`the dashboard has no ${ending}`);
  // Nothing in them may end the element that they are in.
  return found.text.trim().replaceAll("</", "<\\/");
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const [script, style] = [output(".js"), output(".css")];
const csp = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Larder</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="dashboard"></div>
<noscript>The dashboard needs JavaScript; the REST API and the command line do without.</noscript>
<script>${script}</script>
</body>
</html>
`;
const etag = `"${createHash("sha256").update(html).digest("hex").slice(0, 16)}"`;

await mkdir(`${root}dist/dashboard`, { recursive: true });
const constants = { html, csp, etag };
const lines = Object.entries(constants).map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`);
const types = Object.keys(constants).map((name) => `export declare const ${name}: string;\n`);
await writeFile(`${root}dist/dashboard/page.js`, lines.join(""));
await writeFile(`${root}dist/dashboard/page.d.ts`, types.join(""));
