import { useEffect, useState } from "preact/hooks";
import type { CounterName, Counts } from "../../../../schema/counters.ts";
import { addCounts } from "../../../../schema/counters.ts";
import type { FeedEvent } from "../../../../schema/feed.ts";
import type { Figures } from "../../../../schema/figures.ts";
import { figuresOf } from "../../../../schema/figures.ts";
import type { Wire } from "../../../../schema/wire.ts";
import { useAsked } from "../asked.ts";
import type { Line } from "../chart.tsx";
import { Chart } from "../chart.tsx";
import { bytes, clock, count, duration, percent, percentile, selection } from "../format.ts";
import { Problem, Table, Tile } from "../parts.tsx";
import type { ViewProps } from "../view-props.ts";

const windows = [
  { name: "15 min", seconds: 900, step: 60 },
  { name: "1 h", seconds: 3600, step: 60 },
  { name: "24 h", seconds: 86_400, step: 60 },
  { name: "90 d", seconds: 7_776_000, step: 3600 },
] as const;

/** Once so often the series is read anew, whatever the feed has told meanwhile. */
const READ_MS = 60_000;

export function Overview({ api, place: { namespace }, cache, watched }: ViewProps) {
  const [span, setSpan] = useState<(typeof windows)[number]>(windows[1]);
  const [turn, setTurn] = useState(0);
  const series = span.step === 60 ? "minute" : "hour";
  const asked = useAsked(async () => {
    const stats = await api.stats(namespace, { cache, windowSeconds: span.seconds, series });
    watched.read();
    return stats;
  }, [api, namespace, cache, span, turn, watched.snapshots]);
  const history = useAsked(() => api.history(namespace, { limit: 200 }), [api, namespace, watched.events.length]);
  useEffect(() => {
    const reading = setInterval(() => setTurn((before) => before + 1), READ_MS);
    return () => clearInterval(reading);
  }, []);

  const since = [...watched.counted].filter(([name]) => cache === "" || name === cache).map(([, counts]) => counts);
  const points = pointsOf(asked.reply?.series ?? [], since, span);
  const figures = points.map(({ counts }) => figuresOf(counts));
  const all = figuresOf(sum(points.map(({ counts }) => counts)));
  const times = points.map(({ at }) => at);
  // A point stands for the whole of its minute or hour, and so does a mark.
  const marks = (history.reply?.purges ?? []).map(
    ({ at }) => Math.floor(Date.parse(at) / 1000 / span.step) * span.step,
  );
  const size = cache === "" ? watched : { entries: asked.reply?.entries ?? 0, bytes: asked.reply?.bytes ?? 0 };
  const line = (name: string, colour: string, value: (figures: Figures) => number | undefined): Line => ({
    ...{ name, colour, values: figures.map(value) },
  });
  return (
    <>
      <h1 class="hidden">Overview of {namespace}</h1>
      <fieldset class="windows">
        <legend class="hidden">Window</legend>
        {windows.map((each) => (
          <label key={each.name}>
            <input type="radio" name="window" checked={each === span} onChange={() => setSpan(each)} />
            <span>{each.name}</span>
          </label>
        ))}
      </fieldset>
      <Problem error={asked.error ?? history.error} />
      <dl class="tiles">
        <Tile name="Requests" value={count(all.requests)} />
        <Tile name="Hit rate" value={percent(all.hits + all.waits, all.requests)} note="hits and waits" />
        <Tile name="Origin requests" value={count(all.origin.requests)} note={`${count(all.origin.errors)} failed`} />
        <Tile
          name="Origin time, p95"
          value={duration(percentile(all.origin, 0.95))}
          note={`p50 ${duration(percentile(all.origin, 0.5))}`}
        />
        <Tile name="Served from cache" value={bytes(all.bytesServed)} />
        <Tile name="Entries" value={count(size.entries)} note={bytes(size.bytes)} />
      </dl>
      <div class="charts">
        <Chart
          title="Requests by outcome"
          summary={`${count(all.hits)} hits, ${count(all.waits)} waits, ${count(all.misses)} misses and ${count(all.bypasses)} bypasses in ${span.name}.`}
          times={times}
          marks={marks}
          format={count}
          lines={[
            line("hits", "hit", ({ hits }) => hits),
            line("waits", "wait", ({ waits }) => waits),
            line("misses", "miss", ({ misses }) => misses),
            line("bypasses", "bypass", ({ bypasses }) => bypasses),
          ]}
        />
        <Chart
          title="Hit rate"
          summary={`${percent(all.hits + all.waits, all.requests)} in ${span.name}.`}
          times={times}
          marks={marks}
          max={100}
          format={(value) => `${Math.round(value)} %`}
          lines={[
            line("of requests", "hit", ({ hits, waits, requests }) =>
              requests === 0 ? undefined : (100 * (hits + waits)) / requests,
            ),
          ]}
        />
        <Chart
          title="Origin time"
          summary={`Half of the origin's answers took at most ${duration(percentile(all.origin, 0.5))}, 95 of 100 at most ${duration(percentile(all.origin, 0.95))}.`}
          times={times}
          marks={marks}
          format={duration}
          lines={[
            line("p50", "wait", ({ origin }) => percentile(origin, 0.5)),
            line("p95", "miss", ({ origin }) => percentile(origin, 0.95)),
          ]}
        />
      </div>
      <p class="note">
        <i class="swatch purge" /> A dashed line is a purge.
      </p>
      <div class="columns">
        <Reasons figures={all} />
        <Events events={watched.events} />
      </div>
    </>
  );
}

interface Point {
  /** Seconds since 1970. */
  readonly at: number;
  readonly counts: Counts;
}

type Series = readonly Wire<{ readonly at: Date; readonly counts: Counts }>[];

/** One point for each step of the window; what the feed has told since belongs to the last. */
function pointsOf(series: Series, since: readonly Counts[], { seconds, step }: (typeof windows)[number]): Point[] {
  const now = Math.floor(Date.now() / 1000 / step) * step;
  const known = new Map(series.map(({ at, counts }) => [new Date(at).getTime() / 1000, counts as Counts]));
  const points: Point[] = [];
  for (let at = now - seconds; at < now; at += step) points.push({ at, counts: known.get(at) ?? {} });
  return [...points, { at: now, counts: sum([known.get(now) ?? {}, ...since]) }];
}

function sum(many: readonly Counts[]): Counts {
  const total: Partial<Record<CounterName, number>> = {};
  for (const counts of many) addCounts(total, counts);
  return total;
}

function Reasons({ figures }: { figures: Figures }) {
  const { missesByReason, bypassesByReason, refusalsByReason } = figures;
  const rows = [
    ...Object.entries(missesByReason).map(([reason, number]) => ["miss", reason, number] as const),
    ...Object.entries(bypassesByReason).map(([reason, number]) => ["bypass", reason, number] as const),
    ...Object.entries(refusalsByReason).map(([reason, number]) => ["not stored", reason, number] as const),
  ].sort((a, b) => b[2] - a[2]);
  return (
    <section>
      <h2>Why not from the cache</h2>
      {rows.length === 0 ? (
        <p class="note">Everything was.</p>
      ) : (
        <Table
          caption="Misses, bypasses and refusals by reason"
          heads={["What", "Reason", "Times"]}
          numbers={["Times"]}
        >
          {rows.map(([what, reason, number]) => (
            <tr key={`${what} ${reason}`}>
              <td>{what}</td>
              <td>{reason}</td>
              <td class="number">{count(number)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Events({ events }: { events: readonly FeedEvent[] }) {
  return (
    <section>
      <h2>As it happens</h2>
      {events.length === 0 ? <p class="note">Nothing since this page was opened.</p> : null}
      <ol class="events">
        {events.slice(0, 12).map((event) => (
          <li key={`${event.kind} ${event.at.getTime()} ${nameOf(event)}`}>
            <time dateTime={event.at.toISOString()}>{clock(event.at)}</time> {told(event)}
          </li>
        ))}
      </ol>
    </section>
  );
}

function nameOf(event: FeedEvent): string | number {
  if ("seq" in event) return event.seq;
  return "id" in event ? event.id : event.key;
}

function told(event: FeedEvent): string {
  switch (event.kind) {
    case "refill": {
      const done = event.filled + event.failed + event.skipped;
      const failed = event.failed === 0 ? "" : `, ${count(event.failed)} of them in vain`;
      return `Refill ${event.id} ${event.state}: ${count(done)} of ${count(event.total)} URLs${failed}`;
    }
    case "purge":
      return `${event.by} purged ${selection(event.selectors)}: ${count(event.purged)} entries${event.reason === undefined ? "" : `. ${event.reason}`}`;
    case "revoke":
      return `${event.by} took purge ${event.revokes} back: ${count(event.restored)} entries`;
    case "fill-failed":
      return `A fill of ${event.key} failed, ${event.failures} in a row`;
    case "marker":
      return `What ${event.key} answers may not be stored; nobody waits for it`;
  }
}
