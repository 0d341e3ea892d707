// A real edge process, killed with SIGKILL again and again: nothing that it acknowledged is lost, QoS 2 comes once.
import t from 'tap';
import { bytesOf } from '../../protocol/wire/bytes.ts';
import { playKillRounds } from '../kit/kill-rounds.ts';
import { needs } from '../kit/parts.ts';
import { RemoteWatch } from '../kit/remote-watch.ts';

t.setTimeout(110_000);

t.test('killed at random moments, an edge loses, doubles and reorders nothing', needs('mosquitto'), async (t) => {
  const rounds = Number(process.env.VIADUCT_KILLS ?? 8);
  const { lost, doubled, reordered, errors, promised } = await playKillRounds({ rounds, seed: 7 });
  t.same({ lost, doubled, reordered, errors }, { lost: [], doubled: [], reordered: [], errors: [] });
  t.equal(promised, rounds * 60, 'all of it was promised');
});

t.test(
  'a remote that publishes again what it released is told from one that repeats, or uses an id again',
  async (t) => {
    const watch = await RemoteWatch.start(1);
    t.teardown(() => watch.close());
    const publish = (flags: number, id: number, text: string): void => {
      const bytes = bytesOf(Uint8Array.of(0x34 | flags, 6, 0, 1, 0x61, 0, id, text.charCodeAt(0)));
      watch.sent(bytes, 0, 2, bytes.length);
    };
    const release = (id: number): void => watch.sent(bytesOf(Uint8Array.of(0x62, 2, 0, id)), 0, 2, 4);
    const dup = 8;
    publish(0, 1, 'r');
    publish(dup, 1, 'r'); // never released: a repeat
    publish(0, 2, 'n');
    release(2);
    publish(0, 2, 'm'); // another message
    publish(dup, 2, 'm');
    t.same([...watch.takenBack], []);
    release(1);
    publish(dup, 1, 'r');
    t.same([...watch.takenBack], ['a/r']);
  },
);
