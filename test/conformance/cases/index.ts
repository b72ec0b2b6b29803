import type { Group } from "../case.ts";
import { age } from "./age.ts";
import { authorization } from "./authorization.ts";
import { cacheGroups } from "./cache-groups.ts";
import { cacheStatus } from "./cache-status.ts";
import { clientConditions } from "./client-conditions.ts";
import { expires } from "./expires.ts";
import { forwarding } from "./forwarding.ts";
import { freshening } from "./freshening.ts";
import { head } from "./head.ts";
import { heuristics } from "./heuristics.ts";
import { invalidation } from "./invalidation.ts";
import { keys } from "./keys.ts";
import { lifetimes } from "./lifetimes.ts";
import { methodCases } from "./methods.ts";
import { neighbours } from "./neighbours.ts";
import { notModified } from "./not-modified.ts";
import { parts } from "./parts.ts";
import { proxying } from "./proxying.ts";
import { ranges } from "./ranges.ts";
import { requestDirectives } from "./request-directives.ts";
import { rfc9111 } from "./rfc9111.ts";
import { sharing } from "./sharing.ts";
import { stale } from "./stale.ts";
import { statusCases } from "./statuses.ts";
import { storing } from "./storing.ts";
import { targeted } from "./targeted.ts";
import { targetedSyntax } from "./targeted-syntax.ts";
import { validation } from "./validation.ts";
import { variants } from "./variants.ts";
import { vary } from "./vary.ts";
import { varyValues } from "./vary-values.ts";

/** All cases, by what they are about. */
export const groups: readonly Group[] = [
  storing,
  statusCases,
  authorization,
  methodCases,
  keys,
  lifetimes,
  expires,
  heuristics,
  age,
  stale,
  requestDirectives,
  validation,
  freshening,
  clientConditions,
  notModified,
  vary,
  varyValues,
  variants,
  ranges,
  parts,
  head,
  invalidation,
  targeted,
  targetedSyntax,
  cacheStatus,
  cacheGroups,
  sharing,
  forwarding,
  neighbours,
  proxying,
  rfc9111,
];
