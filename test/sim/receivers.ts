// Receivers: who in a story is to get which messages, under which topic, and up to which QoS.
import type { Receiver } from './ledger.ts';
import type { Story } from './story.ts';

/** The receivers of a story. */
export function receiversOf({ plan }: Story): readonly Receiver[] {
  const mapped = (topic: string, names: readonly string[]): string | undefined => {
    const bridge = plan.bridges.find(({ from }) => topic.startsWith(`${from}/`));
    const level = bridge?.from ?? topic.split('/')[0] ?? '';
    return names.includes(level) ? level : undefined;
  };
  const receivers: Receiver[] = [];
  const strict = plan.remote === 'strict' ? [{ name: 'far0', qos: 2 as const }] : [];
  for (const { name, qos } of [...plan.devices, ...strict]) {
    if (name === 'sub0') {
      const expects: Receiver['expects'] = (topic) => (mapped(topic, ['up', 'cmd']) ? { topic, qos } : undefined);
      receivers.push({ name, isOrdered: true, expects });
    } else if (name === 'far0') {
      const expects: Receiver['expects'] = (topic) => {
        const bridge = plan.bridges.find(({ from }) => topic.startsWith(`${from}/`));
        if (bridge === undefined) return undefined;
        const key = plan.laneOrder === 'topic' ? {} : { orderKey: `${bridge.name} ${topic.split('/')[1]}` };
        return { topic: bridge.to + topic.slice(bridge.from.length), qos, ...key };
      };
      receivers.push({ name, isOrdered: true, expects });
    } else if (name === 'grp0') {
      const expects: Receiver['expects'] = (topic) => (mapped(topic, ['up']) ? { topic, qos } : undefined);
      receivers.push({ name: 'group', isOrdered: false, expects });
    }
  }
  return receivers;
}
