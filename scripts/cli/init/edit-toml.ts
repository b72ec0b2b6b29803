import { parse, stringify } from "smol-toml";
import type { Addition, Config } from "./additions.ts";

export function parseToml(text: string): Config {
  return parse(text) as Config;
}

/** Adds tables at the end, where they disturb nothing of what is there. */
export function addToToml(text: string, lacking: readonly Addition[]): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const ended = text === "" || text.endsWith("\n") ? text : text + eol;
  return ended + tomlOf(lacking).replaceAll("\n", eol);
}

/** What is added, as it would be written by hand. */
export function tomlOf(lacking: readonly Addition[]): string {
  return lacking
    .map(({ path, as, value }) => {
      const name = path.map((part) => (/^[\w-]+$/.test(part) ? part : JSON.stringify(part))).join(".");
      return `\n${as === "item" ? `[[${name}]]` : `[${name}]`}\n${stringify(value).trimEnd()}\n`;
    })
    .join("");
}
