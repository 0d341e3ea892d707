// A real edge process, killed with SIGKILL again and again: nothing that it acknowledged is lost, QoS 2 comes once.
import t from 'tap';
import { playKillRounds } from '../kit/kill-rounds.ts';
import { needs } from '../kit/parts.ts';

t.setTimeout(110_000);

t.test('killed at random moments, an edge loses, doubles and reorders nothing', needs('mosquitto'), async (t) => {
  const rounds = Number(process.env.VIADUCT_KILLS ?? 8);
  const { lost, doubled, reordered, errors, promised } = await playKillRounds({ rounds, seed: 7 });
  t.same({ lost, doubled, reordered, errors }, { lost: [], doubled: [], reordered: [], errors: [] });
  t.equal(promised, rounds * 60, 'all of it was promised');
});
