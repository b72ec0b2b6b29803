/** The value of `--rounds`. Ends the process with 2 where it is none. */
export function roundsOf(text: string): number {
  const rounds = Number(text);
  if (Number.isSafeInteger(rounds) && rounds > 0 && rounds <= 1000) return rounds;
  console.error("--rounds: must be a whole number from 1 to 1000");
  process.exit(2);
}
