// Requests with answers, and what a client is told before it asks for something that its server does not serve.
import t from 'tap';
import { Client } from '../../../src/client/client.ts';
import { ClientRequester } from '../../../src/client/client-requester.ts';
import { World } from '../../kit/world.ts';

async function connect(world: World, clientId: string): Promise<Client> {
  const options = { clientId };
  const connecting = Client.connect('mqtt://127.0.0.1:1883', options, { ports: world.ports, turn: world.turn });
  connecting.catch(() => undefined);
  await world.clock.advance(10);
  return connecting;
}

async function settled<Value>(world: World, promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  await world.clock.settle();
  return promise;
}

t.test('answers find their requests by correlation data, in whatever order they come', async (t) => {
  const world = new World();
  await world.openBroker();
  const [asking, answering] = [await connect(world, 'asking'), await connect(world, 'answering')];
  const waiting: (() => void)[] = [];
  await settled(
    world,
    answering.subscribe('service', { qos: 1 }, ({ text, properties }) => {
      const { responseTopic = '', correlationData } = properties;
      const more = correlationData === undefined ? {} : { correlationData };
      waiting.unshift(() => void answering.publish(responseTopic, `re: ${text}`, { qos: 1, properties: more }));
    }),
  );
  const requester = await settled(
    world,
    ClientRequester.open(asking, world.ports, { responseTopic: 'reply/asking', pendingMax: 2 }),
  );
  const answers = Promise.all(['one', 'two'].map((text) => requester.request('service', text)));
  await world.clock.settle();
  await t.rejects(requester.request('service', 'three'), { code: 'ERR_USAGE_QUEUE_FULL' });
  for (const answer of waiting) answer();
  await world.clock.settle();
  t.same(
    (await answers).map(({ text }) => text),
    ['re: one', 're: two'],
  );
  t.equal(requester.pendingCount, 0);
});

t.test('a request without answer ends in time, and a late answer harms nobody', async (t) => {
  const world = new World();
  await world.openBroker();
  const asking = await connect(world, 'asking');
  const requester = await settled(world, ClientRequester.open(asking, world.ports, { responseTopic: 'reply/asking' }));
  const unanswered = requester.request('nobody', 'x', { timeoutMs: 500 });
  unanswered.catch(() => undefined);
  await world.clock.advance(600);
  await t.rejects(unanswered, /no answer to nobody came within 500 ms/);
  await settled(world, asking.publish('reply/asking', 'late', { qos: 1 }));
  t.equal(requester.pendingCount, 0);
  await settled(world, requester.close());
});

t.test('filters that the server said it does not serve are refused before anything is sent', async (t) => {
  const world = new World();
  await world.openBroker({ isWildcardAvailable: false, isSharedAvailable: false });
  const client = await connect(world, 'c');
  await t.rejects(client.subscribe('a/#'), { code: 'ERR_USAGE_NOT_SENT', message: /takes no wildcards/ });
  await t.rejects(client.subscribe('$share/g/a'), { code: 'ERR_USAGE_NOT_SENT', message: /no shared subscriptions/ });
  t.equal((await settled(world, client.subscribe('a'))).grantedQos, 0);
  t.match(client.status, { state: 'connected' });
});
