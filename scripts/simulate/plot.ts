import type { Figures } from "./figures.ts";

interface Line {
  readonly name: string;
  readonly value: (figures: Figures) => number;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const panels: readonly Panel[] = [
  {
    title: "Purge lag, seconds",
    lines: [
      { name: "worst", value: ({ worstSeconds }) => worstSeconds },
      { name: "p99", value: ({ p99Seconds }) => p99Seconds },
      { name: "bound", value: ({ lagSeconds }) => lagSeconds },
    ],
  },
  {
    title: "Requests to the object, a second",
    lines: [
      { name: "all", value: ({ objectRequestsPerSecond }) => objectRequestsPerSecond },
      { name: "syncs", value: ({ syncsPerSecond }) => syncsPerSecond },
    ],
  },
  {
    title: "Synced, KB a second",
    lines: [{ name: "replies", value: ({ syncedBytesPerSecond }) => syncedBytesPerSecond / 1000 }],
  },
  { title: "Hit rate, %", lines: [{ name: "hits", value: ({ hitRate }) => hitRate * 100 }] },
];

const WIDTH = 360;
const HEIGHT = 240;
const MARGIN = { left: 56, right: 74, top: 40, bottom: 36 };
const COLOURS = ["#1f5fa8", "#c0561a", "#8a8f98"];
const STROKES = ["none", "6 3", "2 3", "8 2 2 2"];

/** The table as four small plots over `purgeLagSeconds`; where there are several numbers of isolates, a line for each. */
export function plot(figures: readonly Figures[], caption: string): string {
  const drawn = panels.map((panel, at) => {
    const x = (at % 2) * WIDTH;
    const y = Math.floor(at / 2) * HEIGHT;
    return `<g transform="translate(${x} ${y})">\n${draw(panel, figures)}\n</g>`;
  });
  const height = Math.ceil(panels.length / 2) * HEIGHT + 28;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH} ${height}" width="${2 * WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="11" fill="#333">
<title>Purge lag and its cost by purgeLagSeconds</title>
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join("\n")}
<text x="${MARGIN.left}" y="${height - 12}" font-size="10" fill="#666">${escaped(caption)}</text>
</svg>
`;
}

function draw({ title, lines }: Panel, figures: readonly Figures[]): string {
  const lags = [...new Set(figures.map(({ lagSeconds }) => lagSeconds))].sort((a, b) => a - b);
  const isolates = [...new Set(figures.map((one) => one.isolates))];
  const top = niceCeiling(Math.max(...lines.flatMap(({ value }) => figures.map(value)), 0));
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  // Lags are steps, not a scale: they are chosen, and lie far apart.
  const x = (lag: number) => MARGIN.left + ((right - MARGIN.left) * (lags.indexOf(lag) + 0.5)) / lags.length;
  const y = (value: number) => bottom - ((bottom - MARGIN.top) * value) / top;

  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * top).toFixed(1);
    return `<line x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}" stroke="#e3e6ea"/><text x="${MARGIN.left - 6}" y="${at}" dy="4" text-anchor="end">${label(part * top)}</text>`;
  });
  const ticks = lags.map(
    (lag) => `<text x="${x(lag).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${lag} s</text>`,
  );
  const series = lines.flatMap(({ name, value }, at) =>
    isolates.map((count, nth) => {
      const its = figures.filter((one) => one.isolates === count).sort((a, b) => a.lagSeconds - b.lagSeconds);
      const points = its.map((one) => ({ x: x(one.lagSeconds), y: y(value(one)) }));
      return {
        name: isolates.length === 1 ? name : `${name}, ${count}`,
        points,
        colour: COLOURS[at],
        stroke: STROKES[nth % STROKES.length],
      };
    }),
  );
  const paths = series.map(({ points, colour, stroke }) => {
    const line = points.map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join(" ");
    const dots = points.map(
      (point) => `<circle cx="${point.x.toFixed(1)}" cy="${point.y.toFixed(1)}" r="2.5" fill="${colour}"/>`,
    );
    return `<polyline points="${line}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-dasharray="${stroke}"/>${dots.join("")}`;
  });
  const names = apart(series.map(({ points }) => points.at(-1)?.y ?? bottom)).map((at, nth) => {
    const { name, colour } = series[nth] ?? { name: "", colour: "" };
    return `<text x="${right + 2}" y="${at.toFixed(1)}" dy="4" fill="${colour}">${escaped(name)}</text>`;
  });
  return [
    `<text x="${MARGIN.left}" y="${MARGIN.top - 16}" font-size="13" font-weight="600">${escaped(title)}</text>`,
    ...grid,
    ...ticks,
    ...paths,
    ...names,
  ].join("\n");
}

/** The heights of labels, moved so that none covers another. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((height, at) => ({ height, at })).sort((a, b) => a.height - b.height);
  const moved = [...heights];
  let least = Number.NEGATIVE_INFINITY;
  for (const { height, at } of order) {
    const free = Math.max(height, least);
    moved[at] = free;
    least = free + 12;
  }
  return moved;
}

/** The next of 1, 2, 4, 5 or 10 times a power of ten. */
function niceCeiling(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function label(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
