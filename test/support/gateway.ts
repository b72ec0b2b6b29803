import type { CacheConfig } from "../../schema/options.ts";
import type { ReadThrough } from "../../src/edge/read-through.ts";
import type { GatewayOptions } from "../../src/gateway/gateway.ts";
import { createGateway } from "../../src/gateway/gateway.ts";
import { parseOrigin } from "../../src/gateway/origin-url.ts";
import { Plans } from "../../src/gateway/plan.ts";
import type { Router } from "../../src/gateway/router.ts";
import { declaredRoutes } from "../../src/gateway/routes.ts";

interface Parts {
  readonly origin: string;
  readonly config: CacheConfig;
  readonly readThrough: ReadThrough;
  readonly router?: Router;
  readonly debugging?: GatewayOptions["debugging"];
  readonly serverTiming?: "on" | "off";
  /** Others that routes may name. */
  readonly origins?: Readonly<Record<string, string>>;
}

/** A gateway in front of one origin, and of others that its routes name. */
export function gatewayFor({ origin, config, readThrough, router, origins = {}, debugging, serverTiming }: Parts) {
  const named = new Map(Object.entries({ origin, ...origins }).map(([name, text]) => [name, parseOrigin(text)]));
  const routes = declaredRoutes(router?.routes ?? [], [...named.keys()]);
  const plans = new Plans(routes, named, config, named.get("origin"));
  return createGateway({
    ...{ plans, readThrough },
    ...(debugging === undefined ? {} : { debugging }),
    ...(serverTiming === undefined ? {} : { serverTiming }),
  });
}
