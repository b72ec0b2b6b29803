/** The global that imports of `cloudflare:*` come to. */
export const WORKERS_MODULE = Symbol.for("larder.workers-module");

/** What Workers' top levels find as globals, and Node does not have. */
const MISSING = [
  ...["caches", "HTMLRewriter", "WebSocketPair", "FixedLengthStream", "IdentityTransformStream", "RpcTarget"],
  ...["addEventListener", "scheduler", "self"],
] as const;

/** A function that does nothing, and can be called, made, extended and asked for any property, which is itself again. */
const anything: object = new Proxy(function nothing() {}, {
  get: (target, name) => {
    if (name in target) return Reflect.get(target, name);
    // What has this is taken for a promise, and waited for.
    return name === "then" || typeof name === "symbol" ? undefined : anything;
  },
  apply: () => anything,
  construct: (target, values, asked) => (asked === anything ? anything : Reflect.construct(target, values, asked)),
});

/** Makes this process look enough like a Worker's for top levels to run to their end. None of it does anything. */
export function pretendToBeWorkers(environment: Readonly<Record<string, string>>): void {
  // Names imported of a CommonJS module are not looked for before they are used, and its prototype's are found, too.
  const any = new Proxy({}, { get: (_, name) => (name === "env" ? environment : anything) });
  const module = Object.assign(Object.create(any) as object, { __esModule: true });
  const missing = MISSING.filter((name) => !(name in globalThis)).map((name) => [name, anything] as const);
  Object.assign(globalThis, { [WORKERS_MODULE]: module }, Object.fromEntries(missing));
}
