import { readdir, readFile, writeFile } from "node:fs/promises";

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

/** The workerd below `pid`; undefined on systems other than Linux. */
export async function workerdBelow(pid: number): Promise<number | undefined> {
  for (const below of await descendants(pid)) {
    const name = await readFile(`/proc/${below}/comm`, "utf8").catch(() => "");
    if (name.trim() === "workerd") return below;
  }
  return undefined;
}

/** Bytes of a process's resident memory, now and at the most since its start or `forgetPeak` (proc_pid_status(5)). */
export async function residentBytes(pid: number): Promise<{ readonly now: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const bytesOf = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { now: bytesOf("VmRSS"), peak: bytesOf("VmHWM") };
}

/** Lets a process's peak begin anew from what it has now (proc_pid_clear_refs(5)). */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, "5");
}
