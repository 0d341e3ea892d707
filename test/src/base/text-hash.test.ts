// What is shared out by a name stays where it was, in every process and version.
import t from 'tap';
import { textHash } from '../../../src/base/text-hash.ts';
import { slotOf } from '../../../src/bridge/backlog-slots.ts';
import { partitionOf } from '../../../src/bridge/lane-key.ts';

t.test('the hash of a text, and what follows from it, is the same for ever', (t) => {
  t.same(['', 'a', 'plant/7', 'plant/8'].map(textHash), [2_166_136_261, 3_826_002_220, 3_123_612_944, 3_375_277_229]);
  t.same(['a', 'plant/7', 'plant/8'].map(partitionOf), [76, 24, 101]);
  t.equal(slotOf({ topic: 'plant/7' }, { partition: undefined }), 14_669);
  t.equal(slotOf({ topic: 'plant/7' }, { partition: 9 }), 9);
  t.end();
});
