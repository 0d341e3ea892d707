// Chart: lines over time with uPlot, which is loaded when the first chart appears. It follows its samples, its
// width and the colours of the theme; the numbers stand in a table for those who do not see it. Bounded by its
// samples.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { useApp, useFormat, useText } from '../app.ts';

/** One line. */
export interface ChartLine {
  readonly name: string;
  /** Its colour: a custom property of tokens.css, and the class of its legend. */
  readonly color: '--flow-out' | '--flow-in' | '--flow-held' | '--flow-lost';
  readonly values: readonly number[];
}

const legendClass = { '--flow-out': '', '--flow-in': 'in', '--flow-held': 'held', '--flow-lost': 'lost' } as const;
const height = 216;

/** Lines over time. */
export function Chart(props: {
  readonly title: string;
  readonly at: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: (value: number) => string;
}): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = app.theme.value;
  const latest = useRef(props);
  latest.current = props;
  const shape = `${theme} ${props.title} ${props.lines.map(({ name }) => name).join()}`;
  // the shape is all that asks for a new plot; values go into the old one below
  useEffect(() => {
    let isOver = false;
    const element = frame.current;
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element?.clientWidth ?? 0, height }));
    void import('uplot').then(({ default: Plot }) => {
      if (isOver || element === null) return;
      plot.current = new Plot(optionsOf(element, latest.current), dataOf(latest.current), element);
      resize.observe(element);
    });
    return () => {
      isOver = true;
      resize.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(dataOf(props)));
  return (
    <figure class="stack tight">
      <div class="chart" ref={frame} aria-hidden="true" />
      <figcaption class="legend">
        {props.lines.map(({ name, color, values }) => (
          <span key={name}>
            <i class={legendClass[color]} aria-hidden="true" />
            {name} <b class="num">{props.unit(values.at(-1) ?? 0)}</b>
          </span>
        ))}
      </figcaption>
      <table class="unseen">
        <caption>{props.title}</caption>
        <thead>
          <tr>
            <th scope="col">{t.common.time}</th>
            {props.lines.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.at.slice(-5).map((moment, index, shown) => (
            <tr key={moment}>
              <th scope="row">{format.moment(moment)}</th>
              {props.lines.map(({ name, values }) => (
                <td key={name}>{props.unit(values[values.length - shown.length + index] ?? 0)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function dataOf({ at, lines }: Pick<Parameters<typeof Chart>[0], 'at' | 'lines'>): uPlot.AlignedData {
  return [at.map((moment) => moment / 1000), ...lines.map(({ values }) => [...values])];
}

function optionsOf(element: HTMLElement, props: Parameters<typeof Chart>[0]): uPlot.Options {
  const style = getComputedStyle(element);
  const probe = document.createElement('i');
  element.append(probe);
  // light-dark() is resolved where a colour is used, not where the property is read
  const colour = (name: string): string => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [line, ink] = [colour('--line'), colour('--ink-3')];
  const faded = (name: string): string => colour(name).replace('rgb(', 'rgba(').replace(')', ', 0.12)');
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const options: uPlot.Options = {
    width: element.clientWidth,
    height,
    legend: { show: false },
    padding: [8, 4, 0, 0],
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.15)] } },
    axes: [
      { ...axis, grid: { show: false }, space: 52, size: 28, values: (_plot, values) => values.map(timeOfDay) },
      { ...axis, size: 52, space: 42, values: (_plot, values) => values.map(props.unit) },
    ],
    series: [
      {},
      ...props.lines.map(({ name, color }) => ({
        label: name,
        stroke: colour(color),
        fill: faded(color),
        width: 1.75,
        points: { show: false },
      })),
    ],
  };
  probe.remove();
  return options;
}

/** Hours and minutes of a moment in seconds. */
function timeOfDay(at: number): string {
  const moment = new Date(at * 1000);
  return `${moment.getHours()}:${String(moment.getMinutes()).padStart(2, '0')}`;
}
