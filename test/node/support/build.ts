import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Builds the CLI anew before the tests of this project, so that they run what the sources are now. */
export default async function build(): Promise<void> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  await promisify(execFile)("npm", ["run", "build", "--silent"], { cwd: root });
}
