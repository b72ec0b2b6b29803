/** The bearer token of this run, and whether it may be shown. */
export interface Token {
  readonly value: string;
  readonly madeHere: boolean;
}

interface Running {
  readonly coordinator: string;
  readonly token: Token;
  readonly stateFolder: string;
}

const timed = String.raw`curl -s -o /dev/null -w '%{time_total} s  %header{cache-status}\n'`;

/** What to try with the example app in front of its slow origin. */
export function exampleHints(
  run: Running & { readonly app: string; readonly origin: string; readonly delayMs: number },
): string {
  const { app, coordinator } = run;
  return `
Larder runs, with an example to try it on:

  ${app}/   a shop; each page says how long it took and whether it came from the cache
  ${coordinator}/   the coordinator, that the shop caches through
  ${run.origin}/   the shop's back end, which takes ${run.delayMs} ms a request

Fetch a page twice, the second answer comes from the cache; and another page:
  ${timed} ${app}/products/1
  ${timed} ${app}/products/1
  ${timed} ${app}/products/2

Edit the first product; its page and the listing change at once, the other page stays cached:
  curl -s -d 'name=Rye loaf' -d price=7.20 ${app}/products/1
  ${timed} ${app}/products/1
  ${timed} ${app}/products/2

Purge the other page by its tag, which holds everywhere within 5 seconds; then read the counts:
  ${purge(run, "storefront", { tags: ["product:2"] })}
  ${stats(run, "storefront")}
${about(run)}`;
}

/** What to try with the coordinator in front of somebody's own site. */
export function gatewayHints(run: Running & { readonly origin: string; readonly namespace: string }): string {
  return `
Larder runs as a shared cache in front of ${run.origin}; what is cached, and for how long, is what its headers say:

  ${run.coordinator}/

Fetch a page twice; if its headers let it be cached, the second answer does not reach your site:
  ${timed} ${run.coordinator}/
  ${timed} ${run.coordinator}/

Purge everything, then read the counts:
  ${purge(run, run.namespace, { everything: true })}
  ${stats(run, run.namespace)}
${about(run)}`;
}

function purge(run: Running, namespace: string, body: unknown): string {
  const json = `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  return `curl -s ${authorization(run.token)} ${json} ${api(run, namespace)}/purge`;
}

function stats(run: Running, namespace: string): string {
  return `curl -s ${authorization(run.token)} ${api(run, namespace)}/stats`;
}

function api({ coordinator }: Running, namespace: string): string {
  return `${coordinator}/.larder/v1/caches/${namespace}`;
}

function authorization({ madeHere, value }: Token): string {
  return `-H "Authorization: Bearer ${madeHere ? value : "$LARDER_TOKEN"}"`;
}

function about({ coordinator, token, stateFolder }: Running): string {
  const about = token.madeHere ? "\nThe token was made for this run; set LARDER_TOKEN to keep one." : "";
  const signIn = token.madeHere ? token.value : "LARDER_TOKEN";
  return `
See it live; the token to sign in with is ${signIn}:
  ${coordinator}/.larder/dashboard
${about}\nState is kept in ${stateFolder}; --fresh starts empty. Ctrl-C ends it.\n`;
}
