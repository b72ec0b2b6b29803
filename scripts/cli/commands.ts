import type { Command } from "commander";
import { addCheck } from "./check.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInit } from "./commands/init.ts";
import { addLooking } from "./commands/looking.ts";
import { addCacheClear, addPurge } from "./commands/purge.ts";
import { addRefill } from "./commands/refill.ts";
import { addSchedule } from "./commands/schedule.ts";
import { addTail } from "./commands/tail.ts";
import { addToken } from "./commands/token.ts";
import { addTransfer } from "./commands/transfer.ts";

/**
 * All commands. What declares one imports little, and loads what does it when it is called: so that `larder --help` and
 * completions are quick.
 */
export function addCommands(program: Command): void {
  for (const add of [
    addPurge,
    addCacheClear,
    addLooking,
    addTransfer,
    addTail,
    addRefill,
    addSchedule,
    addToken,
    addDoctor,
    addInit,
    addCheck,
  ])
    add(program);
}
