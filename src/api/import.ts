import { asLarderError } from "../../schema/errors.ts";
import type { ImportCounts, ImportState } from "../../schema/import.ts";
import type { NamespaceObject } from "./route.ts";

/**
 * Has an import taken over. The object ends its instance when it has done so, and whoever asked learns from the platform
 * that it was reset; asked again it answers what became of it. Where it was lost in another way, asking twice does no harm.
 */
export async function applied(objectOf: () => NamespaceObject, id: string, counts: ImportCounts): Promise<ImportState> {
  try {
    return await objectOf().applyImport(id, counts);
  } catch (error) {
    const isOverloaded = error instanceof Error && "overloaded" in error && error.overloaded === true;
    if (asLarderError(error) !== undefined || isOverloaded) throw error;
    // A stub that has thrown is not to be used again (developers.cloudflare.com/durable-objects/best-practices/error-handling).
    return objectOf().applyImport(id, counts);
  }
}
