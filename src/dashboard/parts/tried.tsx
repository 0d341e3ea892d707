// Tried: what one rule makes of a message: the topic
// before and after, with QoS and retain, or why it
// is dropped.
import type { JSX } from 'preact';
import type { MapReply } from '../../http/api-config-types.ts';
import { useSpeech, useText } from '../app.ts';
import { Icon } from './icon.tsx';

/** One line: from topic to topic. */
export function Tried(props: { readonly topic: string; readonly tried: MapReply['results'][number] }): JSX.Element {
  const t = useText();
  const say = useSpeech();
  const { result, list } = props.tried;
  const where =
    list === 'forwards' ? ([t.tried.here, t.tried.remote] as const) : ([t.tried.remote, t.tried.here] as const);
  return (
    <p class="pair">
      <span class="muted">{where[0]}</span>
      <code>{props.topic}</code>
      <Icon name="arrow" />
      {'dropped' in result ? (
        <>
          <span class="tag bad">{t.reasons[result.dropped]}</span>
          <span class="muted">{say(result.why)}</span>
        </>
      ) : (
        <>
          <span class="muted">{where[1]}</span>
          <code>
            <strong>{result.topic}</strong>
          </code>
          <span class="tag">QoS {result.qos}</span>
          {result.retain ? <span class="tag">retain</span> : null}
        </>
      )}
    </p>
  );
}
