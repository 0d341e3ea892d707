// Requests through a bridge to mosquitto, from either side: response topics are mapped by the inverse rule, so an
// answer finds its way back, and nobody on either side knows the names of the other one.
// One bridge, four rules: requests and answers, each way.
import t from 'tap';
import { nodePorts } from '../../src/app/node-ports.ts';
import type { Client } from '../../src/client/client.ts';
import { ClientRequester } from '../../src/client/client-requester.ts';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

/** Answers whatever is asked below a filter, where the request says. */
async function serve(client: Client, filter: string, seen: string[]): Promise<void> {
  await client.subscribe(filter, { qos: 1 }, ({ topic, text, properties }) => {
    const { responseTopic = '', correlationData } = properties;
    seen.push(`${topic} -> ${responseTopic}`);
    const more = correlationData === undefined ? {} : { correlationData };
    void client.publish(responseTopic, `re: ${text}`, { qos: 1, properties: more });
  });
}

t.test('requests find their answers through a bridge, from here and from there', needs('mosquitto'), async (t) => {
  const world = new RealWorld(t);
  const mosquitto = await Mosquitto.start();
  world.closeLater(() => mosquitto.dispose());
  const near = await world.openBroker();
  const bridge = world.openBridge(near, mosquitto.port, {
    forwards: [
      { localTopic: 'ask/{service}', remoteTopic: 'site7/up/{service}/ask' },
      { localTopic: 'answers/#', remoteTopic: 'site7/answers/#' },
    ],
    subscriptions: [
      { remoteTopic: 'site7/cmd/{device}', localTopic: 'device/{device}/cmd', qos: 1 },
      { remoteTopic: 'site7/replies/#', localTopic: 'replies/#', qos: 1 },
    ],
  });
  await until('the bridge', () => bridge.status.link.state === 'connected');
  const [here, there] = [await world.connect(near.port), await world.connect(mosquitto.port)];
  const seen: string[] = [];
  await serve(there, 'site7/up/+/ask', seen);
  await serve(here, 'device/+/cmd', seen);
  const ports = nodePorts();
  const asking = await ClientRequester.open(here, ports, { responseTopic: 'replies/here' });
  t.equal((await asking.request('ask/clock', 'time?')).text, 're: time?');
  const commanding = await ClientRequester.open(there, ports, { responseTopic: 'site7/answers/there' });
  t.equal((await commanding.request('site7/cmd/7', 'reboot')).text, 're: reboot');
  t.same(seen, ['site7/up/clock/ask -> site7/replies/here', 'device/7/cmd -> answers/there']);
});
