// Bridges: all of them, those that need somebody first, each with its state, rates, queue,
// the last minutes as a line, and a switch. The page of one bridge and its editor are below
// it.
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { BridgeView } from '../../http/api-config-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { byNeed } from '../bridge-words.ts';
import { BridgeStateTag } from '../parts/bridge-state.tsx';
import { Card, PageHead } from '../parts/card.tsx';
import { Search, Switch } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { lazy } from '../parts/lazy.tsx';
import { Empty, Skeleton } from '../parts/loaded.tsx';
import { Spark } from '../parts/spark.tsx';
import { addressOf } from '../route.ts';
import { BridgePage } from './bridge.tsx';

const sparkSamples = 90;

const BridgeEditor = lazy(async () => (await import('./bridge-editor.tsx')).BridgeEditor);

/** The list, or what is below it. */
export function Bridges(): JSX.Element {
  const app = useApp();
  const [, name, action] = app.route.value.path;
  if (name === 'new') return <BridgeEditor name={undefined} />;
  if (name !== undefined) return action === 'edit' ? <BridgeEditor name={name} /> : <BridgePage name={name} />;
  return <List />;
}

function List(): JSX.Element {
  const app = useApp();
  const t = useText();
  const filter = useSignal('');
  const bridges = app.live.status.value?.bridges;
  const shown = (bridges ?? [])
    .filter(({ name, server }) => `${name} ${server}`.toLowerCase().includes(filter.value.toLowerCase()))
    .sort(byNeed);
  const add = app.may('admin') ? (
    <a class="button primary" href={addressOf(['bridges', 'new'])}>
      <Icon name="add" />
      {t.bridges.add}
    </a>
  ) : undefined;
  return (
    <>
      <PageHead title={t.places.bridges} about={t.bridges.about}>
        {add}
      </PageHead>
      {bridges === undefined ? (
        <Skeleton />
      ) : bridges.length === 0 ? (
        <Card>
          <Empty icon="bridge" title={t.bridges.none} text={t.bridges.noneText}>
            {add}
          </Empty>
        </Card>
      ) : (
        <Card
          isFlush={true}
          tools={
            <Search
              label={t.bridges.search}
              value={filter.value}
              onInput={(value) => {
                filter.value = value;
              }}
            />
          }
        >
          <div class="table cards">
            <table>
              <caption class="unseen">{t.places.bridges}</caption>
              <thead>
                <tr>
                  <th scope="col">{t.bridges.name}</th>
                  <th scope="col">{t.bridges.state}</th>
                  <th scope="col" class="right">
                    {t.bridges.out}
                  </th>
                  <th scope="col" class="right">
                    {t.bridges.in}
                  </th>
                  <th scope="col" class="right">
                    {t.bridges.queue}
                  </th>
                  <th scope="col">{t.bridges.lately}</th>
                  <th scope="col">{t.bridges.on}</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((bridge) => (
                  <Row key={bridge.name} bridge={bridge} />
                ))}
              </tbody>
            </table>
          </div>
          {shown.length > 0 ? null : (
            <Empty icon="search" title={t.common.nothingFound} text={t.common.nothingFoundText} />
          )}
        </Card>
      )}
    </>
  );
}

function Row({ bridge }: { readonly bridge: BridgeView }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const { name, server, status, rates, mode } = bridge;
  const samples = (app.live.samples.value.get(name) ?? []).slice(-sparkSamples);
  const depth = status?.queueDepth ?? 0;
  const isHolding = depth > 0 && status?.link.state !== 'connected';
  const switchTo = (isOn: boolean): void =>
    void app.attempt(
      () => app.api.post(`/bridges/${encodeURIComponent(name)}/${isOn ? 'enable' : 'disable'}`),
      isOn ? t.bridges.enabled(name) : t.bridges.disabled(name),
    );
  return (
    <tr>
      <th scope="row">
        <a href={addressOf(['bridges', name])}>{name}</a>
        <div class="muted small wrap">{server}</div>
      </th>
      <td data-label={t.bridges.state}>
        <BridgeStateTag bridge={bridge} />
      </td>
      <td class="right" data-label={t.bridges.out}>
        <span>
          {format.rate(rates.sent)} <span class="muted">{t.common.perSecond}</span>
        </span>
      </td>
      <td class="right" data-label={t.bridges.in}>
        <span>
          {format.rate(rates.received)} <span class="muted">{t.common.perSecond}</span>
        </span>
      </td>
      <td class="right" data-label={t.bridges.queue}>
        <span title={format.bytes(status?.queueBytes ?? 0)}>{format.count(depth)}</span>
      </td>
      <td data-label={t.bridges.lately}>
        <div class="cell-spark">
          <Spark
            values={samples.map((sample) => (isHolding ? sample.depth : sample.sent))}
            class={isHolding ? 'held' : ''}
          />
        </div>
      </td>
      <td class="beside">
        <Switch
          label={t.bridges.switchOf(name)}
          isLabelUnseen={true}
          isOn={mode !== 'disabled'}
          isDisabled={!app.may('operator')}
          onSwitch={switchTo}
        />
      </td>
    </tr>
  );
}
