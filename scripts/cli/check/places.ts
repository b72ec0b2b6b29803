import { SourceMap } from "node:module";
import { resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Bundle } from "./bundle.ts";
import { Calls } from "./call-argument.ts";
import type { Place } from "./finding.ts";

/** Tells where in the user's own files something was called. */
export class Places {
  readonly #bundle: Bundle;
  readonly #directory: string;
  readonly #library: string;
  /** What stands before a line and a column of the bundle in a stack. */
  readonly #before: string;
  readonly #map: SourceMap;
  #lineStarts: readonly number[] | undefined;
  #calls: Calls | undefined;

  /**
   * @param path of the bundle, as it was run from `directory`
   * @param library the directory of Larder itself: what its files call is on behalf of who called them
   */
  constructor(bundle: Bundle, directory: string, path: string, library: string) {
    this.#bundle = bundle;
    this.#directory = directory;
    this.#library = library;
    this.#before = `${pathToFileURL(path).href}:`;
    // Typed as the object that it is once parsed.
    this.#map = new SourceMap(JSON.parse(bundle.sourceMap) as ConstructorParameters<typeof SourceMap>[0]);
  }

  /**
   * The call in the user's files that the stack of `error` leads to last; undefined where it leads to none.
   *
   * @param field of the call's argument that is meant, where it is shown there: `["rules", "0", "path"]`
   */
  of(error: Error, field: readonly string[] = []): Place | undefined {
    for (const line of (error.stack ?? "").split("\n")) {
      const [, row, column] = /^(\d+):(\d+)/.exec(line.split(this.#before)[1] ?? "") ?? [];
      if (row === undefined || column === undefined) continue;
      const place = this.#placeAt(Number(row) - 1, Number(column) - 1);
      if (place === undefined || this.#isOfLibrary(place.file)) continue;
      return field.length === 0 ? place : (this.#fieldAt(Number(row) - 1, Number(column) - 1, field) ?? place);
    }
    return undefined;
  }

  /** Where the field is in what the module exports as its default. */
  ofExport(field: readonly string[]): Place | undefined {
    return this.#placeOf(this.#parsed().exported(field));
  }

  /** Rows and columns of the bundle from 0. */
  #placeAt(row: number, column: number): Place | undefined {
    const entry = this.#map.findEntry(row, column);
    if (!("originalSource" in entry) || typeof entry.originalSource !== "string") return undefined;
    const { originalSource, originalLine, originalColumn } = entry;
    return { file: resolve(this.#directory, originalSource), line: originalLine + 1, column: originalColumn + 1 };
  }

  #fieldAt(row: number, column: number, field: readonly string[]): Place | undefined {
    return this.#placeOf(this.#parsed().argument((this.#starts()[row] ?? 0) + column, field));
  }

  #placeOf(offset: number | undefined): Place | undefined {
    if (offset === undefined) return undefined;
    const starts = this.#starts();
    const row = starts.findLastIndex((start) => start <= offset);
    return this.#placeAt(row, offset - (starts[row] ?? 0));
  }

  #parsed(): Calls {
    this.#calls ??= new Calls(this.#bundle.code);
    return this.#calls;
  }

  #starts(): readonly number[] {
    this.#lineStarts ??= [0, ...[...this.#bundle.code.matchAll(/\n/g)].map(({ index }) => index + 1)];
    return this.#lineStarts;
  }

  #isOfLibrary(file: string): boolean {
    const own = ["src", "schema", "objects"].map((room) => this.#library + sep + room + sep);
    return own.some((room) => file.startsWith(room)) || file.includes(`${sep}node_modules${sep}`);
  }
}

/** `rules[0].path` as `["rules", "0", "path"]`. */
export function fieldPath(field: string): readonly string[] {
  return field.split(/[.[\]]+/).filter((name) => name !== "");
}
