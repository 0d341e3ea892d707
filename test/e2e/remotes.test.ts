// What a bridge keeps in step with its remote besides the messages of its rules, with mosquitto at the other end.
import t from 'tap';
import { Mosquitto } from '../kit/mosquitto.ts';
import { needs } from '../kit/parts.ts';
import { RealWorld, until } from '../kit/real-world.ts';

t.test(
  'a transparent bridge: devices get from mosquitto what they subscribe to here',
  needs('mosquitto'),
  async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const near = await world.openBroker();
    const bridge = world.openBridge(near, mosquitto.port, {
      transparent: { allowed: ['cmd/#'], lingerMs: 100, filtersMax: 10 },
    });
    await until('the bridge', () => bridge.status.link.state === 'connected');
    const [here, there] = [await world.connect(near.port), await world.connect(mosquitto.port)];
    const came: string[] = [];
    const subscription = await here.subscribe(
      'cmd/+/now',
      { qos: 1 },
      ({ topic, text }) => void came.push(`${topic} ${text}`),
    );
    await until('the remote', () => {
      void there.publish('cmd/7/now', 'go', { qos: 1 });
      return came.length > 0;
    });
    await there.publish('cmd/7/later', 'not asked for', { qos: 1 });
    await there.publish('cmd/8/now', 'the end', { qos: 1 });
    await until('the end', () => came.includes('cmd/8/now the end'));
    const [rule] = bridge.status.subscriptions;
    t.match(rule, { interest: { local: 1, asked: 1 } });
    t.equal(rule?.received, came.length, 'nothing else came over the link');
    await subscription.unsubscribe();
    await until('nothing is asked for any more', () => bridge.status.subscriptions[0]?.interest?.asked === 0);
  },
);

t.test(
  'what is retained here is retained at mosquitto, and deletes made meanwhile reach it',
  needs('mosquitto'),
  async (t) => {
    const world = new RealWorld(t);
    const mosquitto = await Mosquitto.start();
    world.closeLater(() => mosquitto.dispose());
    const near = await world.openBroker();
    const here = await world.connect(near.port);
    for (const topic of ['up/1', 'up/2']) await here.publish(topic, 'state', { qos: 1, retain: true });
    const bridge = world.openBridge(near, mosquitto.port, { forwards: [{ localTopic: 'up/#', remoteTopic: '' }] });
    await until('both', () => bridge.status.forwards[0]?.delivered === 2);
    await mosquitto.stop();
    await until('the loss', () => bridge.status.link.state !== 'connected');
    await here.publish('up/1', '', { qos: 0, retain: true });
    await mosquitto.restart();
    bridge.wake();
    await until('the delete', () => bridge.status.forwards[0]?.delivered === 3);
    const there = await world.connect(mosquitto.port);
    const kept: string[] = [];
    await there.subscribe('up/#', { qos: 1 }, ({ topic, text }) => void kept.push(`${topic}=${text}`));
    await until('what is left', () => kept.length > 0);
    await there.publish('up/end', '', { qos: 1 });
    await until('the end', () => kept.includes('up/end='));
    t.notOk(kept.includes('up/1=state'));
  },
);
