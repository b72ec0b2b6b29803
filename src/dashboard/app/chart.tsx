import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

/** One line of a chart: by its point in time, undefined where there is nothing to tell. */
export interface Line {
  readonly name: string;
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly values: readonly (number | undefined)[];
}

interface ChartProps {
  readonly title: string;
  /** What it shows, in words. */
  readonly summary: string;
  /** In seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
  /** When something was purged, in seconds since 1970. */
  readonly marks: readonly number[];
  readonly max?: number;
}

const HEIGHT = 180;

export function Chart({ title, summary, times, lines, format, marks, max }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  // Read when it is drawn, which a change of the data does.
  const drawn = useRef(marks);
  drawn.current = marks;
  const data = [times, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element, lines, format, max, drawn), data, element);
    };
    make();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    // Colours are read once, so another scheme needs another plot.
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", make);
    return () => {
      resized.disconnect();
      scheme.removeEventListener("change", make);
      plot.current?.destroy();
    };
  }, [lines.map(({ name }) => name).join()]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        <span class="legend">
          {lines.map(({ name, colour, values }) => (
            <span key={name} class="key">
              <i class={`swatch ${colour}`} />
              {name}{" "}
              <b>
                {shown(
                  values.findLast((value) => value !== undefined),
                  format,
                )}
              </b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="plot" role="img" aria-label={`${title}. ${summary}`} />
    </figure>
  );
}

function shown(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? "–" : format(value);
}

function optionsFor(
  element: HTMLElement,
  lines: readonly Line[],
  format: (value: number) => string,
  max: number | undefined,
  marks: { readonly current: readonly number[] },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("muted"),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui",
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, max ?? Math.max(1, most * 1.1)] } },
    axes: [axis, { ...axis, size: 56, values: (_, splits) => splits.map(format) }],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: colour(line.colour),
        width: 2,
        points: { size: 4, show: hasGaps },
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks.current, colour("purge"))] },
  };
}

/** A point between two gaps has no line to be seen by. */
function hasGaps({ data }: uPlot, line: number): boolean {
  return Array.from(data[line] ?? []).includes(undefined);
}

/** A line from top to bottom for each purge. */
function drawMarks(plot: uPlot, marks: readonly number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.setLineDash([4, 4]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
