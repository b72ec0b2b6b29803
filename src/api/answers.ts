import * as v from "valibot";
import { entryStates } from "../../schema/entry-states.ts";
import { bypassReasons, lookedUpReasons, refusalReasons } from "../../schema/events.ts";
import { settingNames } from "../../schema/health.ts";
import { refillStates } from "../../schema/refill.ts";

/**
 * What the API answers, as JSON: for the OpenAPI document, and for the tests that hold the answers to it. Where the same
 * things are values of the program, `schema/` has their types.
 */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const time = v.pipe(v.string(), v.isoTimestamp());
const version = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}-\d+$/));
const name = v.string();
const tags = v.array(v.string());

const selector = v.strictObject({
  cache: v.optional(name),
  url: v.optional(v.string()),
  key: v.optional(v.string()),
  tags: v.optional(tags),
  allOf: v.optional(tags),
  prefix: v.optional(v.string()),
});

const mode = v.picklist(["hard", "soft", "erase"]);

export const PurgeAnswer = v.union([
  v.strictObject({
    purged: count,
    approximate: v.optional(v.literal(true)),
    version,
    refill: v.optional(v.string()),
    gatheredUntil: v.optional(time),
  }),
  v.strictObject({
    dryRun: v.literal(true),
    purged: count,
    approximate: v.optional(v.literal(true)),
    share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    keys: v.array(v.string()),
    after: v.optional(v.string()),
  }),
]);

export const HistoryAnswer = v.strictObject({
  purges: v.array(
    v.strictObject({
      seq: count,
      version,
      at: time,
      by: v.string(),
      reason: v.optional(v.string()),
      mode,
      selectors: v.array(selector),
      purged: count,
      approximate: v.optional(v.literal(true)),
      revoked: v.optional(v.strictObject({ seq: count, at: time, by: v.string(), restored: count })),
    }),
  ),
  before: v.optional(count),
});

export const RevokeAnswer = v.strictObject({ restored: count, approximate: v.optional(v.literal(true)), version });

const figures = {
  requests: count,
  hits: count,
  hitsByState: v.strictObject({ fresh: count, stale: count, shield: count }),
  waits: count,
  misses: count,
  missesByReason: v.record(v.picklist(lookedUpReasons), count),
  bypasses: count,
  bypassesByReason: v.record(v.picklist(bypassReasons), count),
  standIns: count,
  origin: v.strictObject({
    requests: count,
    errors: count,
    ms: count,
    byTime: v.array(v.strictObject({ upToMs: v.nullable(count), requests: count })),
  }),
  puts: count,
  refusals: count,
  refusalsByReason: v.record(v.picklist(refusalReasons), count),
  bytesServed: count,
  bytesStored: count,
  deletes: count,
  purges: count,
  purged: count,
  revocations: count,
  restored: count,
  invalidations: count,
  errors: count,
};

const zone = v.strictObject({
  state: v.picklist(["idle", "sending", "waiting", "blocked"]),
  pending: count,
  oldestAt: v.optional(time),
  nextAt: v.optional(time),
  sent: count,
  requests: count,
  refused: count,
  lastSuccessAt: v.optional(time),
  lastError: v.optional(
    v.strictObject({
      at: time,
      message: v.string(),
      operation: v.optional(v.strictObject({ kind: v.picklist(["tag", "prefix", "host"]), value: v.string() })),
    }),
  ),
});

export const StatsAnswer = v.strictObject({
  ...figures,
  entries: count,
  bytes: count,
  from: v.optional(time),
  groups: v.optional(
    v.array(
      v.strictObject({ ...figures, name: v.nullable(name), entries: v.optional(count), bytes: v.optional(count) }),
    ),
  ),
  series: v.optional(v.array(v.strictObject({ at: time, counts: v.record(v.string(), count) }))),
  zone: v.optional(zone),
});

export const TopAnswer = v.strictObject({
  from: time,
  error: count,
  names: v.array(v.strictObject({ name: v.string(), atLeast: count })),
});

export const EntriesAnswer = v.strictObject({
  entries: v.array(
    v.strictObject({
      key: v.string(),
      url: v.string(),
      cache: name,
      status: count,
      bytes: count,
      tags,
      permanent: v.boolean(),
      state: v.picklist(entryStates),
      storedAt: time,
      freshUntil: time,
      expiresAt: time,
      asOf: version,
    }),
  ),
  after: v.optional(v.string()),
});

export const TagsAnswer = v.strictObject({
  tags: v.array(v.strictObject({ tag: v.string(), cache: name, entries: count })),
  after: v.optional(v.string()),
});

export const NamespacesAnswer = v.strictObject({
  namespaces: v.array(v.strictObject({ name, since: time })),
  after: v.optional(v.string()),
});

export const ScheduleAnswer = v.strictObject({
  id: v.string(),
  cron: v.string(),
  timeZone: v.string(),
  purge: v.optional(v.looseObject({})),
  warm: v.optional(v.looseObject({})),
  by: v.string(),
  createdAt: time,
  nextAt: time,
  last: v.optional(
    v.union([
      v.strictObject({ at: time, purged: count, version, mode }),
      v.strictObject({ at: time, refill: v.string() }),
      v.strictObject({ at: time, error: v.string() }),
    ]),
  ),
});

export const SchedulesAnswer = v.strictObject({ schedules: v.array(ScheduleAnswer) });

export const RefillAnswer = v.strictObject({
  id: v.string(),
  kind: v.picklist(["purge", "warm"]),
  state: v.picklist(refillStates),
  cache: v.optional(name),
  by: v.string(),
  reason: v.optional(v.string()),
  after: v.optional(version),
  concurrency: count,
  perSecond: v.number(),
  total: count,
  filled: count,
  failed: count,
  skipped: count,
  createdAt: time,
  startedAt: v.optional(time),
  endedAt: v.optional(time),
  lastError: v.optional(v.strictObject({ at: time, url: v.string(), message: v.string() })),
});

export const RefillsAnswer = v.strictObject({ refills: v.array(RefillAnswer) });

/** docs/export.md tells what each kind of line has. */
const line = v.looseObject({ kind: v.string() });

export const ExportAnswer = v.strictObject({
  epoch: v.string(),
  lines: v.array(line),
  after: v.optional(count),
  namespace: v.optional(line),
});

export const ImportAnswer = v.strictObject({ id: v.string(), state: v.picklist(["begun", "applied"]) });

export const ImportedAnswer = v.strictObject({ added: count, present: count, expired: count, foreign: count });

export const TicketAnswer = v.strictObject({ ticket: v.string(), expiresAt: time });

export const RevokedTokenAnswer = v.strictObject({ id: v.string(), at: time, by: v.string(), until: time });

export const RevokedTokensAnswer = v.strictObject({ tokens: v.array(RevokedTokenAnswer) });

/** What has parts that come and go; docs/explain.md tells each. */
const told = v.looseObject({});

export const ExplainAnswer = v.strictObject({
  outcome: v.picklist(["hit", "stale", "miss"]),
  reason: v.optional(v.picklist([...lookedUpReasons, ...bypassReasons])),
  fallback: v.optional(v.literal(true)),
  namespace: name,
  cache: name,
  key: v.nullable(v.string()),
  url: v.string(),
  parts: v.array(v.strictObject({ name: v.string(), value: v.nullable(v.string()) })),
  rule: v.nullable(v.strictObject({ index: count, name: v.string() })),
  past: v.nullable(v.strictObject({ reason: v.picklist(bypassReasons), what: v.string() })),
  view: v.nullable(v.strictObject({ version, confirmedSecondsAgo: v.number(), withinBound: v.boolean() })),
  here: v.nullable(told),
  object: v.nullable(told),
  response: v.optional(told),
  dataCentre: v.literal("the one that answered"),
});

export const HealthAnswer = v.strictObject({
  larder: v.string(),
  deployment: v.optional(v.string()),
  at: time,
  cache: v.strictObject({
    state: v.picklist(["works", "keeps-nothing", "keeps-deleted", "fails"]),
    ms: count,
    error: v.optional(v.string()),
  }),
  view: v.union([
    v.strictObject({
      state: v.picklist(["confirmed", "unconfirmed"]),
      version,
      confirmedSecondsAgo: v.number(),
      boundSeconds: count,
    }),
    v.strictObject({ state: v.literal("unreachable") }),
  ]),
  object: v.strictObject({
    at: time,
    version,
    storageBytes: count,
    purges: count,
    recordsNamed: count,
    entries: count,
    schedules: count,
    listeners: count,
    problems: v.array(v.string()),
    ms: count,
  }),
  settings: v.record(v.picklist(settingNames), v.boolean()),
});

/** RFC 9457. */
export const ProblemAnswer = v.strictObject({
  type: v.string(),
  title: v.string(),
  status: count,
  detail: v.string(),
  code: v.string(),
  field: v.optional(v.string()),
  limit: v.optional(v.number()),
});
