/**
 * What the purge API takes of each plan: requests a second, and in a row after a pause. The limits are an account's, for
 * all of its zones (developers.cloudflare.com/cache/how-to/purge-cache, "Availability and limits").
 */
const plans = {
  free: { perSecond: 5 / 60, bucket: 25 },
  pro: { perSecond: 5, bucket: 25 },
  business: { perSecond: 10, bucket: 50 },
  enterprise: { perSecond: 50, bucket: 500 },
} as const;

type PlanName = keyof typeof plans;

export interface Plan {
  /** Tokens that come back a second, up to the size of the bucket. */
  readonly perSecond: number;
  readonly bucket: number;
}

/**
 * Which purges go to the zone, too: those that erase; or all that make entries invalid, but for invalidations by request
 * (RFC 9111 section 4.4), of which a busy site has more than the API takes.
 */
export type WhichPurges = "erase" | "all";

export interface ZoneSettings {
  /** Where the API is, without a slash at the end. */
  readonly api: string;
  readonly zoneId: string;
  readonly token: string;
  readonly plan: Plan;
  readonly which: WhichPurges;
}

/** The settings of the Worker that this reads; docs/zone-purge.md describes them. */
export type ZoneEnvironment = Partial<
  Pick<Cloudflare.Env, "ZONE_ID" | "CF_API_TOKEN" | "ZONE_PLAN" | "ZONE_PURGE" | "CF_API_URL">
>;

const API = "https://api.cloudflare.com/client/v4";

/**
 * The settings, undefined where nothing is to be purged in a zone; and what is wrong with them, in sentences. What cannot
 * be followed never keeps an object from starting: the default holds, or nothing goes to the zone.
 */
export function zoneSettings(env: ZoneEnvironment): {
  readonly settings: ZoneSettings | undefined;
  readonly problems: readonly string[];
} {
  const zoneId = env.ZONE_ID?.trim() ?? "";
  const token = env.CF_API_TOKEN?.trim() ?? "";
  if (zoneId === "" && token === "") return { settings: undefined, problems: [] };
  const problems: string[] = [];
  const [planName = "free", which = "erase"] = [
    oneOf("ZONE_PLAN", env.ZONE_PLAN, Object.keys(plans) as PlanName[], problems),
    oneOf("ZONE_PURGE", env.ZONE_PURGE, ["erase", "all"] as const, problems),
  ];
  const api = apiUrl(env.CF_API_URL, problems);
  if (zoneId === "") problems.push("ZONE_ID: must be set where CF_API_TOKEN is; nothing goes to a zone");
  if (token === "") problems.push("CF_API_TOKEN: must be set where ZONE_ID is; nothing goes to the zone");
  const isWhole = zoneId !== "" && token !== "" && api !== undefined;
  return { settings: isWhole ? { api, zoneId, token, plan: plans[planName], which } : undefined, problems };
}

function oneOf<const Name extends string>(
  setting: string,
  text: string | undefined,
  names: readonly Name[],
  problems: string[],
): Name | undefined {
  if (text === undefined || text === "") return undefined;
  const known = names.find((name) => name === text);
  if (known === undefined) {
    problems.push(`${setting}: must be ${names.map((name) => `"${name}"`).join(" or ")}; it is taken as left out`);
  }
  return known;
}

/** The token goes there, so it goes encrypted, or stays on this machine. */
function apiUrl(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined || text === "") return API;
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (isSafe && url.search === "" && url.hash === "" && url.username === "") return url.href.replace(/\/+$/, "");
  problems.push(
    "CF_API_URL: must be an https URL without a query, or an http one of this machine; nothing goes to the zone",
  );
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]";
}
