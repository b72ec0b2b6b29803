import { readdir, readFile } from "node:fs/promises";

/**
 * The processes below `pid`, from Linux's /proc: `ps` and `pgrep` are not on every machine. None on other systems,
 * where only the ports tell whether something was left behind.
 */
export async function descendants(pid: number): Promise<readonly number[]> {
  const all = await processes();
  const below = (parent: number): number[] =>
    all.filter((process) => process.parent === parent).flatMap((process) => [process.pid, ...below(process.pid)]);
  return below(pid);
}

/** Of these processes, the ones that run. A dead one whose exit nobody has read yet does not. */
export async function running(pids: readonly number[]): Promise<readonly number[]> {
  const all = await processes();
  return all.filter(({ pid, state }) => pids.includes(pid) && state !== "Z").map(({ pid }) => pid);
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

async function processes(): Promise<readonly Process[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** proc_pid_stat(5): `pid (name) state parent …`, where the name may hold anything. */
async function readProcess(pid: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  const [state = "", parent = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid: Number(pid), parent: Number(parent), state };
}
