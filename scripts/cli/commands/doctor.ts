import type { Command } from "commander";
import { asksNamespace, type NamespaceFlags } from "../flags.ts";

/** `larder doctor`. */
export function addDoctor(program: Command): void {
  asksNamespace(program.command("doctor").summary("find what is wrong with a coordinator, deployed or local"))
    .description("Looks at a coordinator and one of its namespaces, and says of each thing what to do about it.")
    .addHelpText(
      "after",
      `
Examples:
  larder doctor --server http://localhost:8787
  larder doctor -n storefront --json | jq '.findings[] | select(.state != "good")'

Exit codes: 0 nothing is bad, 1 something is, 2 usage, 3 the token is refused, 4 the coordinator cannot be reached.
`,
    )
    .action(async (flags: NamespaceFlags) => (await import("../diagnosing.ts")).doctor(flags));
}
