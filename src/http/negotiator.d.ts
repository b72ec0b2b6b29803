/** The package says nothing of its types; of its parts, only this one goes into the bundle. */
declare module "negotiator/lib/language.js" {
  /** Those of `available` that an `Accept-Language` field accepts, the most preferred first. */
  export function preferredLanguages(accepted: string, available: readonly string[]): string[];
}
