// The memory of outgoing bytes: used again when nothing of it is in use any more, never before.
import t from 'tap';
import { Arena } from '../../../src/link/arena.ts';

t.test('what a turn writes to a hundred connections is written into the same memory in the next turn', (t) => {
  const arena = new Arena();
  const turn = (): readonly ArrayBufferLike[] => {
    const pieces = Array.from({ length: 100 }, () => ({ bytes: arena.carve(16_000), held: arena.latest }));
    for (const { held } of pieces) held?.release();
    return pieces.map(({ bytes }) => bytes.buffer);
  };
  const first = new Set(turn());
  t.equal(first.size, 100, 'nobody shares while all of it is in use');
  t.same(
    turn().filter((buffer) => !first.has(buffer)),
    [],
  );
  t.end();
});

t.test('memory of which a piece is still in use is not handed out again', (t) => {
  const arena = new Arena();
  const [slow, slowHeld] = [arena.carve(8000), arena.latest];
  const [quick, quickHeld] = [arena.carve(8000), arena.latest];
  t.equal(slow.buffer, quick.buffer);
  quickHeld?.release();
  for (let round = 0; round < 10; round++) {
    const [piece, held] = [arena.carve(16_000), arena.latest];
    t.not(piece.buffer, slow.buffer);
    held?.release();
  }
  slowHeld?.release();
  t.end();
});
