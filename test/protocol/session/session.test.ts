// Packet identifiers, windows and the order of acknowledgements, each against what a person would write on paper.
import fc from 'fast-check';
import t from 'tap';
import { Backoff } from '../../../protocol/connection/backoff.ts';
import { Exchange } from '../../../protocol/connection/exchange.ts';
import { AckOrder } from '../../../protocol/session/ack-order.ts';
import { PacketIds } from '../../../protocol/session/packet-ids.ts';
import { Session } from '../../../protocol/session/session.ts';
import { type Bytes, bytesOf, emptyBytes } from '../../../protocol/wire/bytes.ts';
import type { Outbox } from '../../../protocol/wire/outbox.ts';
import { ProtocolVersion, type Qos } from '../../../protocol/wire/protocol-version.ts';

const deliveryOf = (qos: Qos) => ({
  message: { topicBytes: emptyBytes, payload: emptyBytes, properties: emptyBytes, expiresAt: 0 },
  qos,
  retain: false,
  subscriptionIdentifiers: undefined,
});

t.test(
  'every identifier is used once at a time, and a freed one comes back last [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT3-2.3.1-2]',
  async (t) => {
    const ids = new PacketIds();
    const seen = new Set(Array.from({ length: 65_535 }, () => ids.take()));
    t.equal(seen.size, 65_535);
    t.notOk(seen.has(0));
    t.equal(ids.take(), 0, 'none is left');
    ids.give(7);
    ids.give(3);
    t.equal(ids.take(), 3);
    t.equal(ids.take(), 7);
  },
);

const nothing = (): void => undefined;

/** Takes bytes, and forgets them. */
class Sheet implements Outbox {
  position = 0;
  packets = 0;

  reserve(size: number): Bytes {
    this.position = 0;
    return bytesOf(new Uint8Array(size));
  }

  append(): void {}
}

/** One message, or a run of QoS 1. */
const arrival = fc.oneof(
  fc.record({ isQos2: fc.boolean(), count: fc.constant(1) }),
  fc.record({ isQos2: fc.constant(false), count: fc.integer({ min: 2, max: 5 }) }),
);

t.test(
  'acknowledgements leave in receipt order, whatever the order of acceptance [MQTT-4.6.0-2] [MQTT3-4.6.0-2]',
  async (t) => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (arrivals, random) => {
        const left: number[] = [];
        const order = new AckOrder(
          {
            acknowledge: (packetId) => void left.push(packetId),
            acknowledgeRun: (packetIds, count) => void left.push(...packetIds.subarray(0, count)),
          },
          101,
        );
        const kinds = arrivals.flatMap(({ isQos2, count }) => Array.from({ length: count }, () => isQos2));
        kinds.forEach((isQos2, index) => {
          order.push(index + 1, isQos2);
        });
        const tickets = kinds.map((_kind, index) => 101 + index);
        let next = 101;
        const shuffled = arrivals
          .map(({ count }) => {
            next += count;
            return [random.next().value, next - count, count] as const;
          })
          .sort(([one], [other]) => one - other);
        const accepted = new Set<number>();
        for (const [, ticket, count] of shuffled) {
          if (count > 1) order.settleRun(ticket, count);
          else order.settle(ticket, 0);
          for (let index = 0; index < count; index++) accepted.add(ticket + index);
          const run = tickets.findIndex((one) => !accepted.has(one));
          if (left.length !== (run < 0 ? kinds.length : run)) return false;
        }
        order.settle(5, 0);
        order.settle(1000, 0);
        order.settleRun(50, 3);
        order.settleRun(1000, 3);
        return left.join() === kinds.map((_kind, index) => index + 1).join() && order.awaitingCount === 0;
      }),
    );
    t.pass('any order');
  },
);

t.test(
  'an acceptance that comes after its connection is over acknowledges nothing, least of all another message',
  async (t) => {
    const session = new Session({ clientId: 'c', sendWindowMax: 10, receiveMaximum: 10 });
    const left: [number, boolean][] = [];
    const acknowledge = (packetId: number, isQos2: boolean): void => void left.push([packetId, isQos2]);
    const writer = { acknowledge, acknowledgeRun: nothing, release: nothing };
    session.open(writer);
    const old = session.take(5, false);
    session.close();
    session.accept(old, 0);
    session.open(writer);
    const fresh = session.take(5, false);
    session.accept(old, 0);
    t.same(left, []);
    session.accept(fresh, 0);
    t.same(left, [[5, false]]);
  },
);

t.test(
  'a QoS 2 message that was pending when the link broke is acknowledged on the next one, when it is repeated and accepted',
  async (t) => {
    const session = new Session({ clientId: 'c', sendWindowMax: 10, receiveMaximum: 10 });
    const left: number[] = [];
    const acknowledge = (packetId: number): void => void left.push(packetId);
    const writer = { acknowledge, acknowledgeRun: nothing, release: nothing };
    session.open(writer);
    const ticket = session.take(9, true);
    session.receiveWindow.begin(9, ticket);
    session.close();
    session.open(writer);
    t.equal(session.receiveWindow.arrivalOf(9), 'pending');
    session.receiveWindow.repeat(9, session.take(9, true));
    session.accept(ticket, 0);
    t.same(left, [9]);
    t.equal(session.receiveWindow.arrivalOf(9), 'received');
  },
);

t.test(
  'the window: released entries count, published ones are due once and first, QoS 2 has a bound of its own',
  async (t) => {
    const { sendWindow: window } = new Session({ clientId: 'c', sendWindowMax: 10, receiveMaximum: 10 });
    t.equal(window.add(deliveryOf(1), 1), undefined, 'closed');
    window.open(10, 2);
    const ids = [1, 2, 2, 1].map((qos) => window.add(deliveryOf(qos === 1 ? 1 : 2), qos)?.packetId);
    t.notOk(window.canAdd(deliveryOf(2)), 'two of QoS 2 are underway');
    t.ok(window.canAdd(deliveryOf(1)));
    window.release(ids[1] ?? 0);
    window.close();
    t.same(
      window.open(2).map(({ packetId }) => packetId),
      [ids[1]],
    );
    t.equal(window.nextDue()?.packetId, ids[0]);
    t.equal(window.nextDue(), undefined, 'the quota of two is used up');
    t.notOk(window.canAdd(deliveryOf(1)));
    window.settle(ids[1] ?? 0);
    t.equal(window.nextDue()?.packetId, ids[2]);
    window.settle(ids[0] ?? 0);
    t.equal(window.nextDue()?.packetId, ids[3]);
    window.settle(ids[2] ?? 0);
    t.equal(window.nextDue(), undefined, 'nothing is due twice');
    t.ok(window.canAdd(deliveryOf(2)));
  },
);

t.test(
  'the back-off grows with jitter, stays within its bounds, plateaus, and begins anew only after a stable connection',
  async (t) => {
    const options = { delayMsMin: 500, delayMsMax: 60_000, stableMs: 10_000 };
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (units) => {
          const backoff = new Backoff(options);
          let before = options.delayMsMin;
          return units.every((unit) => {
            const delay = backoff.failed(0, unit);
            const isWithin =
              delay >= options.delayMsMin &&
              delay <= Math.min(options.delayMsMax, Math.max(before * 3, options.delayMsMin));
            before = delay;
            return isWithin;
          });
        },
      ),
    );
    const backoff = new Backoff(options);
    for (let round = 0; round < 20; round++) backoff.failed(0, 0.99);
    t.equal(backoff.failed(0, 0.99), 60_000, 'a plateau, no saw-tooth');
    backoff.connected(0);
    t.ok(backoff.failed(9_999, 0.99) > 50_000, 'a connection that did not last changes nothing');
    backoff.connected(0);
    t.ok(backoff.failed(10_000, 0.99) <= 1500);
  },
);

t.test(
  'an identifier that stands for another message by now is not released for one that is not sent any more',
  async (t) => {
    const session = new Session({ clientId: 'edge', sendWindowMax: 10, receiveMaximum: 10 });
    const [released, waiting] = [[] as number[], [] as (() => void)[]];
    const nothing = (): void => undefined;
    session.keep(
      {
        received: nothing,
        refused: nothing,
        forgotten: nothing,
        released: nothing,
        moved: nothing,
        forgone: (_packetId, done) => void waiting.push(done),
        settled: nothing,
        reset: nothing,
      },
      100,
    );
    session.open({
      acknowledge: nothing,
      acknowledgeRun: nothing,
      release: (packetId) => void released.push(packetId),
    });
    session.forgo(5);
    session.forgo(8);
    t.equal(session.sendWindow.add(deliveryOf(2), 65_005)?.packetId, 6, 'the one that follows from the first of them');
    for (const done of waiting) done();
    t.same(released, [9]);
    t.equal(session.forgoneCount, 1);
  },
);

/** A session with messages underway that an earlier connection left. */
function leftWith(count: number, sendWindowMax = 10): Session {
  const session = new Session({ clientId: 'edge', sendWindowMax, receiveMaximum: 10 });
  const writer = { acknowledge: nothing, acknowledgeRun: nothing, release: nothing };
  session.open(writer);
  for (let token = 1; token <= count; token++) session.sendWindow.add(deliveryOf(1), token);
  session.close();
  return session;
}

t.test('what was due, and was settled without being sent again, holds nothing up', async (t) => {
  const { sendWindow: window } = leftWith(3);
  window.open(1);
  t.equal(window.nextDue()?.token, 1);
  // a peer that remembers them acknowledges all, the one that was sent last
  for (const packetId of [3, 2, 1]) window.settle(packetId);
  t.ok(window.canAdd(deliveryOf(1)), 'nobody will ask for what is due any more');
});

t.test('a message has its whole time for its acknowledgement, also beside what is held back', async (t) => {
  const session = leftWith(1);
  session.isHeldBack = () => true;
  const sink = { messageReceived: nothing, messageSettled: nothing, resumable: nothing, ended: nothing };
  const peer = {
    receiveMaximum: 10,
    maximumPacketSize: 1000,
    topicAliasMaximum: 0,
    maximumQos: 2,
    isRetainAvailable: true,
  } as const;
  const terms = { version: ProtocolVersion.v5, topicAliasMaximum: 0, isPeerClient: false, peer };
  const exchange = new Exchange(new Sheet(), sink, session, { ...terms, owner: { disconnect: nothing } });
  exchange.begin(1000);
  t.equal(exchange.waitingSince, Number.POSITIVE_INFINITY);
  t.equal(exchange.send(deliveryOf(1), 2, 9000), 'sent');
  t.equal(exchange.waitingSince, 9000);
});
