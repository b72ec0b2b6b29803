import Bowser from "bowser";

/**
 * What a page may be made differently for, by its reader's User-Agent. The values are those of Layer0, and `samsung`.
 */
export interface UserAgent {
  /** `mobile` are phones that are no smartphones; `desktop` is all else, televisions and what is unknown as well. */
  readonly device: "smartphone" | "tablet" | "mobile" | "desktop";
  /** Who makes the system: `apple` is iOS, iPadOS and macOS. */
  readonly vendor: "apple" | "android" | "generic";
  readonly browser: "chrome" | "safari" | "firefox" | "opera" | "edge" | "msie" | "samsung" | "generic";
  readonly isBot: "1" | "0";
}

const UNKNOWN: UserAgent = { device: "desktop", vendor: "generic", browser: "generic", isBot: "0" };

/** Characters that are looked at: real ones have some 100 to 300, and what is dear to parse is so by its length. */
const LOOKED_AT = 512;

const MOST_REMEMBERED = 500;
const remembered = new Map<string, UserAgent>();

/**
 * What `text`, a User-Agent, tells; never throws. Client hints (`Sec-CH-UA-Mobile`, `Sec-CH-UA-Platform`) are not used:
 * only some browsers send them, only over HTTPS, and a key must be the same for requests that have them and that do not.
 *
 * An iPad says it is a Mac, and Chrome on Android names neither phone nor version, since 2019 and 2023; so a `tablet` is
 * an iPad that asks for the mobile site, or an Android without `Mobile`.
 */
export function userAgentOf(text: string | null): UserAgent {
  const looked = (text ?? "").slice(0, LOOKED_AT);
  if (looked === "") return UNKNOWN;
  const known = remembered.get(looked);
  if (known !== undefined) return known;
  const found = parse(looked);
  // As src/store/memo.ts: visitors send few, which are back at once.
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(looked, found);
  return found;
}

function parse(text: string): UserAgent {
  try {
    // Bowser takes a robot's name for its device and its browser. Without it there remains what the robot passes for:
    // Googlebot asks for the pages of smartphones.
    const parser = Bowser.getParser(text.replace(ROBOT_NAME, ""), true);
    const system = parser.getOSName(true);
    return {
      device: deviceOf(text, parser.getPlatformType(true), system),
      vendor: VENDORS.get(system) ?? "generic",
      browser: BROWSERS.get(parser.getBrowserName(true)) ?? "generic",
      isBot: ROBOT.test(text) || parser.getPlatformType(true) === "bot" ? "1" : "0",
    };
  } catch {
    return UNKNOWN;
  }
}

function deviceOf(text: string, platform: string, system: string): UserAgent["device"] {
  if (TELEVISION.test(text)) return "desktop";
  if (platform === "tablet") return "tablet";
  if (platform === "mobile") return SMART.has(system) ? "smartphone" : "mobile";
  return FEATURE_PHONE.test(text) ? "mobile" : "desktop";
}

/** What makes a word the name of a robot. CUBOT makes telephones. */
const ROBOT_NAME = /(?:(?<!\bcu)bot|spider|crawler)(?![a-z])/gi;

/**
 * Words of robots that Bowser does not know; those of Layer0's list, but for the names of apps that people read pages in.
 */
const ROBOT =
  /(?<!\bcu)bots?(?![a-z])|crawl|spider|slurp|headless|lighthouse|preview|scanner|prerender|validator|externalhit|^whatsapp\/|embedly|flipboardproxy|google ?page ?speed|google (?:web )?snippet|ia_archiver|outbrain|qwantify|vkshare|^tumblr\/|xing-contenttabreceiver/i;

/** Bowser takes televisions with Android for tablets. */
const TELEVISION = /smart-?tv|\b(?:google|android|apple)? ?tv\b|bravia|\baft[a-z0-9]{1,6}\b/i;

const FEATURE_PHONE = /midp|cldc|docomo|kddi|up\.browser|j2me|symb(?:ian|os)|kaios/i;

/** The systems of smartphones, as Bowser names them. */
const SMART: ReadonlySet<string> = new Set([
  "ios",
  "android",
  "windows phone",
  "blackberry",
  "harmonyos",
  "bada",
  "tizen",
]);

const VENDORS: ReadonlyMap<string, UserAgent["vendor"]> = new Map([
  ["ios", "apple"],
  ["macos", "apple"],
  ["android", "android"],
]);

/** By Bowser's names; of a browser it does not know that is any word of the User-Agent, `constructor` for one. */
const BROWSERS: ReadonlyMap<string, UserAgent["browser"]> = new Map([
  ["chrome", "chrome"],
  ["chromium", "chrome"],
  ["safari", "safari"],
  ["firefox", "firefox"],
  ["librewolf", "firefox"],
  ["opera", "opera"],
  ["opera touch", "opera"],
  ["opera coast", "opera"],
  ["microsoft edge", "edge"],
  ["internet explorer", "msie"],
  ["samsung internet for android", "samsung"],
]);
