// BridgeState: the state of a bridge as a lamp with a word, and since
// when. The word is there for those who do not see the colour of the
// lamp.
import type { JSX } from 'preact';
import type { BridgeView } from '../../http/api-config-types.ts';
import { useApp, useText } from '../app.ts';
import { stateOf, toneOf } from '../bridge-words.ts';
import { wallOf } from '../live.ts';
import { Ago } from './ago.tsx';

/** The state of a bridge, since when, and why if it is down. */
export function BridgeStateTag({ bridge }: { readonly bridge: BridgeView }): JSX.Element {
  const app = useApp();
  const t = useText();
  const whole = app.live.status.value;
  const link = bridge.status?.link;
  const state = stateOf(bridge);
  const since = whole === undefined || link === undefined ? undefined : wallOf(whole, link.since);
  return (
    <div>
      <span class={`state ${toneOf(bridge)} ${state === 'connecting' ? 'pulse' : ''}`}>{t.states[state]}</span>
      {since === undefined ? null : (
        <div class="muted small">
          <Ago at={since} />
        </div>
      )}
    </div>
  );
}
