/** One small chart of the last two minutes, drawn by uPlot. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { roundCeiling } from './summary.ts';

const HEIGHT = 92;
const WINDOW_SECONDS = 120;

interface Curve {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A custom property of the style sheet, such as `--accent`. */
  readonly colour: string;
}

export interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly seconds: readonly number[];
  readonly curves: readonly Curve[];
  /** The scale reaches at least up to here, so that noise near zero stays small. */
  readonly atLeast: number;
}

function optionsFor(props: ChartProps, width: number, style: CSSStyleDeclaration): uPlot.Options {
  const ink = style.getPropertyValue('--ink-soft');
  const line = style.getPropertyValue('--line');
  const axis = {
    stroke: ink,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  return {
    width,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: {
      x: { time: false, range: [-WINDOW_SECONDS, 0] },
      y: { range: (_, __, most) => [0, roundCeiling(Math.max(props.atLeast, most ?? 0))] },
    },
    axes: [
      { ...axis, show: false },
      {
        ...axis,
        size: 40,
        splits: (_, __, ___, most) =>
          [0, most / 2, most].map((tick) => (most >= 10 ? Math.round(tick) : rounded(tick))),
      },
    ],
    series: [
      {},
      ...props.curves.map((curve) => ({
        stroke: style.getPropertyValue(curve.colour),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

const dataOf = ({ seconds, curves }: ChartProps): uPlot.AlignedData => [
  [...seconds],
  ...curves.map((curve) => [...curve.values]),
];

/** A tenth matters only below ten. */
const rounded = (value: number): number => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

const lastOf = (values: readonly (number | null)[]): number | undefined => values.at(-1) ?? undefined;

export function Chart(props: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // Built once; new numbers arrive by setData below.
  useEffect(() => {
    const place = element.current;
    if (!place) return;
    const made = new uPlot(
      optionsFor(props, place.clientWidth, getComputedStyle(place)),
      dataOf(props),
      place,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(props)));
  return (
    <figure class="chart">
      <figcaption>
        <strong class="chart-title">{props.title}</strong>
        {props.curves.map((curve) => {
          const last = lastOf(curve.values);
          return (
            <span key={curve.label} class={`chart-value chart${curve.colour}`}>
              {props.curves.length > 1 && `${curve.label} `}
              <b>{last === undefined ? '–' : `${rounded(last)} ${props.unit}`}</b>
            </span>
          );
        })}
      </figcaption>
      <div ref={element} class="chart-plot" aria-hidden="true" />
    </figure>
  );
}
