/** What scripts/model.ts asks of the model test. */
export interface Asked {
  readonly runs: number;
  readonly seed: number;
  /** Of one program, as a failure printed it. */
  readonly path?: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly model?: Asked;
  }
}
