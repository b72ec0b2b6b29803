import { readFile } from "node:fs/promises";

// node scripts/ci/count.ts REPORT EXIT-CODE: prints how many tests passed and failed, by vitest's JSON report. A run that
// failed for another reason, such as a file that cannot be loaded or no report at all, counts as one failure.
const [report = "", exitCode = "1"] = process.argv.slice(2);
const [passed, failed] = await counts(report);
console.log(passed, failed === 0 && exitCode !== "0" ? 1 : failed);

async function counts(path: string): Promise<readonly [passed: number, failed: number]> {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(path, "utf8"));
    return [Number(numPassedTests), Number(numFailedTests)];
  } catch {
    return [0, 1];
  }
}
