import type { CacheOptions } from "../../schema/options.ts";

/** Is given a declaration as it was written, and gives back one to go on with where that is wrong. */
export type DeclarationReader = (options: CacheOptions) => CacheOptions;

/** The global that `larder check` puts its reader in before it runs the module level of a Worker. Nothing else sets it. */
export const DECLARATION_READER = Symbol.for("larder.declaration-reader");

const reader = (globalThis as { [DECLARATION_READER]?: DeclarationReader })[DECLARATION_READER];

/** What `cache()` was given; `larder check` sees it, too. */
export const declared: DeclarationReader = reader ?? ((options) => options);
