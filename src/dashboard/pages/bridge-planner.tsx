// BridgePlanner: how long the queue lasts when the link is
// gone, and how long what waits takes to leave, at the rates
// of the last minutes.
import type { JSX } from 'preact';
import type { BridgeView, ConfigObject } from '../../http/api-config-types.ts';
import { useApp, useFormat, useText } from '../app.ts';
import { textAt } from '../config-object.ts';
import { Meter } from '../parts/spark.tsx';
import { planOf } from '../planner.ts';
import { parsedSize } from '../sizes.ts';

const recentSamples = 120;
/** The defaults of the configuration. */
const defaults = { count: 100_000, bytes: 134_217_728 } as const;

/** The plan. */
export function BridgePlanner(props: { readonly bridge: BridgeView; readonly config: ConfigObject }): JSX.Element {
  const app = useApp();
  const t = useText();
  const format = useFormat();
  const { status, name } = props.bridge;
  const samples = app.live.samples.value.get(name) ?? [];
  const recent = samples.slice(-recentSamples);
  const [depth, bytes] = [status?.queueDepth ?? 0, status?.queueBytes ?? 0];
  const countMax = Number(textAt(props.config, 'max_send_queue_len')) || defaults.count;
  const bytesMax = parsedSize(textAt(props.config, 'max_send_queue_bytes')) ?? defaults.bytes;
  // what comes in is what leaves and what the queue grows by
  const first = recent[0];
  const last = recent.at(-1);
  const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
  const sent = recent.reduce((sum, sample) => sum + sample.sent, 0) / Math.max(1, recent.length);
  const growth = seconds === 0 ? 0 : ((last?.depth ?? 0) - (first?.depth ?? 0)) / seconds;
  const inRate = Math.max(0, sent + growth);
  const plan = planOf({
    inRate,
    outRateMax: Math.max(0, ...samples.map((sample) => sample.sent)),
    queueDepth: depth,
    queueBytes: bytes,
    queueCountMax: countMax,
    queueBytesMax: bytesMax,
    messageBytes: depth > 0 ? bytes / depth : 0,
  });
  const drain =
    plan.drainMs === undefined
      ? t.planner.unknown
      : plan.drainMs === Number.POSITIVE_INFINITY
        ? t.planner.never
        : format.span(plan.drainMs);
  return (
    <div class="stack tight">
      <dl class="facts">
        <dt>{t.planner.rate}</dt>
        <dd>
          {format.rate(inRate)} {t.common.perSecond}
        </dd>
        <dt>{t.planner.lasts}</dt>
        <dd>
          <strong>{plan.outageMs === undefined ? t.planner.noLimit : format.span(plan.outageMs)}</strong>{' '}
          {plan.outageMs === undefined ? null : <span class="muted">{t.planner.bounds[plan.bound]}</span>}
        </dd>
        <dt>{t.planner.drains}</dt>
        <dd>
          <strong>{depth === 0 ? t.planner.nothing : drain}</strong>
        </dd>
        <Plan status={status} />
        <dt>{t.planner.fill}</dt>
        <dd>
          {format.share(plan.fill)}{' '}
          <span class="muted">
            {t.planner.of(format.count(depth), format.count(countMax), format.bytes(bytes), format.bytes(bytesMax))}
          </span>
          <Meter share={plan.fill} />
        </dd>
      </dl>
      <p class="muted small">{t.planner.about}</p>
    </div>
  );
}

/** When the bridge is connected, what of its budget is used, and what holds it back. */
function Plan({ status }: { readonly status: BridgeView['status'] }): JSX.Element | null {
  const t = useText();
  const format = useFormat();
  const { plan, limited } = status ?? {};
  return (
    <>
      {plan === undefined ? null : (
        <>
          <dt>{t.planner.plan}</dt>
          <dd>{plan.isOpen ? t.planner.open : t.planner.shut}</dd>
        </>
      )}
      {plan?.changesAt === undefined ? null : (
        <>
          <dt>{plan.isOpen ? t.planner.closesAt : t.planner.opensAt}</dt>
          <dd>{format.moment(plan.changesAt)}</dd>
        </>
      )}
      {plan?.budget === undefined ? null : (
        <>
          <dt>{t.planner.budget[plan.budget.period]}</dt>
          <dd>
            {t.planner.used(format.bytes(plan.budget.bytesUsed), format.bytes(plan.budget.bytesMax))}
            <Meter share={Math.min(1, plan.budget.bytesUsed / plan.budget.bytesMax)} />
          </dd>
        </>
      )}
      {limited === undefined ? null : (
        <>
          <dt>{t.planner.limited}</dt>
          <dd>{t.planner.limitedBy(limited.by, format.span(limited.forMs))}</dd>
        </>
      )}
    </>
  );
}
