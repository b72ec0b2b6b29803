import { printed } from "../print.ts";

/** An answer: as a document with `--json`, for people without. */
export async function say(flags: { readonly json?: true }, answer: object, text: () => string): Promise<void> {
  await printed(flags.json === true ? `${JSON.stringify(answer, null, 2)}\n` : text());
}

/** One event, or one of many items. */
export function sayLine(flags: { readonly json?: true }, item: object, text: () => string): Promise<"read" | "closed"> {
  return printed(flags.json === true ? `${JSON.stringify(item)}\n` : text());
}
