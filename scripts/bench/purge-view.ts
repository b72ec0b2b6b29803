import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { deserialize, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { LogSlice } from "../../schema/rpc.ts";
import { logState } from "../../src/log/verdict.ts";
import type { View } from "../../src/log/view.ts";
import { advance } from "../../src/log/view.ts";

/**
 * The reply that an object of the benchmark has kept under `name`, as workerd has serialized it: in V8's own format, in
 * which it also sends what goes over RPC.
 *
 * @param directory where the objects of one class have their databases
 */
export async function keptReply(directory: string, name: string): Promise<Uint8Array> {
  for (const file of await readdir(directory)) {
    if (!file.endsWith(".sqlite")) continue;
    using database = new DatabaseSync(join(directory, file));
    if (database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_cf_KV'").get() === undefined) continue;
    const value = database.prepare("SELECT value FROM _cf_KV WHERE key = ?").get(name)?.["value"];
    if (value instanceof Uint8Array) return value;
  }
  throw new Error(`no object has kept ${name}`);
}

const VIEWS = 10;

/** Heap bytes that one more view made from the reply retains: an average, as a collection leaves some garbage behind. */
export function retainedByView(reply: Uint8Array): number {
  const before = heapBytes();
  const views = Array.from({ length: VIEWS }, () => viewOf(reply));
  const retained = heapBytes() - before;
  // Used once more after the measurement, so that none can have been collected before it.
  return views.filter(({ index }) => index.size > 0).length === VIEWS ? retained / VIEWS : Number.NaN;
}

/** As an isolate gets it: read from the wire, and used once. */
function viewOf(reply: Uint8Array): View {
  const view = advance(undefined, deserialize(reply) as LogSlice);
  if (view === undefined) throw new Error("the reply makes no view");
  logState({ ...STRANGER, asOf: { epoch: view.epoch, seq: 0 } }, view);
  return view;
}

const STRANGER = {
  key: "https://shop.example/?larder=" as never,
  url: "https://shop.example/" as never,
  cache: "other" as never,
  tags: [],
  permanent: false,
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  // Twice, for what the first collection only made free to be collected.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
