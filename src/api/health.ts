import type { CacheProbe, Health, SettingName, ViewStanding } from "../../schema/health.ts";
import type { Namespace } from "../../schema/names.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import type { Tokens } from "./tokens.ts";
import { VERSION } from "./version.ts";

/** What the isolate that answers knows of itself. */
export interface Diagnosing {
  readonly probe: (origin: string) => Promise<CacheProbe>;
  readonly view: (namespace: Namespace) => Promise<ViewStanding>;
  readonly settings: Readonly<Record<SettingName, boolean>>;
  readonly deployment: string | undefined;
}

export async function health(
  { probe, view, settings, deployment }: Diagnosing,
  namespace: string,
  object: Pick<NamespaceOperations, "health">,
  tokens: Tokens | undefined,
  request: Request,
): Promise<Health> {
  const startedAtMs = Date.now();
  const its = await object.health();
  const ms = Date.now() - startedAtMs;
  return {
    larder: VERSION,
    ...(deployment === undefined ? {} : { deployment }),
    at: new Date(),
    cache: await probe(new URL(request.url).origin),
    // After the object has told of its log: what the view has of that by now is what hits go by.
    view: await view(namespace as Namespace),
    object: { ...its, problems: [...its.problems, ...((await tokens?.problems()) ?? [])], ms },
    settings,
  };
}
