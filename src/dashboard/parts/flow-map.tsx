// FlowMap: brokers, bridges and what flows between them, drawn. Dots run along a road as long as messages do,
// faster where there are more; a broken road is broken; what waits is written on it. Each remote leads to its
// bridge's page.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BridgeView } from '../../http/api-config-types.ts';
import type { StatusReply } from '../../http/api-types.ts';
import { useFormat, useText } from '../app.ts';
import { stateOf, toneOf } from '../bridge-words.ts';
import { addressOf } from '../route.ts';
import { type Box, bridgesMax, layoutOf, type Road } from './map-layout.ts';

/** The map. */
export function FlowMap({ status }: { readonly status: StatusReply }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    if (frame.current !== null) watch.observe(frame.current);
    return () => watch.disconnect();
  }, []);
  const { bridges, broker, rates } = status;
  const { inShort, outShort } = t.overview;
  const traffic = `${format.rate(rates.received)} ${inShort} · ${format.rate(rates.sent)} ${outShort}`;
  const drawn = Math.max(width, 300);
  const layout = layoutOf(drawn, bridges.length);
  const { self, devices } = layout;
  return (
    <div ref={frame}>
      <svg class="map" width={width} height={layout.height} viewBox={`0 0 ${drawn} ${layout.height}`}>
        <title>{t.overview.map}</title>
        {devices === undefined ? null : (
          <>
            <path class="road good" d={devices.path} />
            <Flow path={devices.path} rate={rates.received} way="out" />
            <Flow path={devices.path} rate={rates.sent} way="in" />
            <Node box={devices} title={t.overview.devices} sub={t.overview.connected(format.count(broker.connected))} />
          </>
        )}
        {bridges.slice(0, bridgesMax).map((bridge, at) => {
          const road = layout.roads[at];
          return road === undefined ? null : <BridgeRoad key={bridge.name} bridge={bridge} road={road} />;
        })}
        <Node box={self} title={status.hostname} sub={traffic} isSelf={true} />
      </svg>
      {bridges.length <= bridgesMax ? null : (
        <p class="muted small">{t.overview.moreBridges(bridges.length - bridgesMax)}</p>
      )}
    </div>
  );
}

function BridgeRoad({ bridge, road }: { readonly bridge: BridgeView; readonly road: Road }): JSX.Element {
  const t = useText();
  const format = useFormat();
  const { name, rates, status, server } = bridge;
  const tone = toneOf(bridge);
  const depth = status?.queueDepth ?? 0;
  const isUp = stateOf(bridge) === 'connected';
  const { box, label } = road;
  const isNarrow = label.y < box.y;
  const said = isUp ? `${format.rate(rates.sent)} ↑  ${format.rate(rates.received)} ↓` : t.states[stateOf(bridge)];
  const waits = depth === 0 ? '' : t.overview.waiting(format.count(depth));
  return (
    <>
      <path class={`road ${tone}`} d={road.path} />
      {isUp ? (
        <>
          <Flow path={road.path} rate={rates.sent} way="out" />
          <Flow path={road.path} rate={rates.received} way="in" />
        </>
      ) : null}
      <a href={addressOf(['bridges', name])}>
        <Node box={box} title={name} sub={server.replace(/^.*:\/\//, '')} tone={tone} />
      </a>
      {isNarrow ? (
        <text class="sub halo" x={label.x} y={label.y} text-anchor="end">
          {[said, waits].filter((text) => text !== '').join(' · ')}
        </text>
      ) : (
        <>
          <text class="sub halo" x={label.x} y={label.y - 14} text-anchor="end">
            {said}
          </text>
          <text class="sub halo" x={label.x} y={label.y + 23} text-anchor="end">
            {waits}
          </text>
        </>
      )}
    </>
  );
}

function Flow(props: { readonly path: string; readonly rate: number; readonly way: 'in' | 'out' }): JSX.Element | null {
  if (props.rate < 0.05) return null;
  const pace = Math.max(0.25, 1.8 - Math.log10(1 + props.rate) * 0.5);
  const style = { '--pace': `${pace.toFixed(2)}s` };
  return (
    <path
      class={`flow ${props.way}`}
      d={props.path}
      style={style}
      transform={`translate(0 ${props.way === 'out' ? -4 : 4})`}
    />
  );
}

function Node(props: {
  readonly box: Box;
  readonly title: string;
  readonly sub: string;
  readonly tone?: string;
  readonly isSelf?: boolean;
}): JSX.Element {
  const { x, y, width, height } = props.box;
  const left = x + (props.tone === undefined ? 16 : 34);
  const room = Math.floor((width - (left - x) - 10) / 6.6);
  const cut = (text: string): string => (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  return (
    <g class={props.isSelf === true ? 'node self' : 'node'}>
      <rect x={x} y={y} width={width} height={height} rx={10} />
      {props.tone === undefined ? null : (
        <circle class={`lamp ${props.tone}`} cx={x + 18} cy={y + height / 2} r={4.5} />
      )}
      <text x={left} y={y + height / 2 - 4}>
        {cut(props.title)}
      </text>
      <text class="sub" x={left} y={y + height / 2 + 14}>
        {cut(props.sub)}
      </text>
    </g>
  );
}
