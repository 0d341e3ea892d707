// The notation of the conversations, before anything else trusts it.
import t from 'tap';
import { wire } from '../kit/conversation.ts';

t.test('frames are written as they are read', async (t) => {
  t.equal(wire('10 (<MQTT> 04 02 003c <a>)'), '100d00044d51545404 02003c000161'.replaceAll(' ', ''));
  t.equal(wire('32(<é> 0001 "x")'), '32070002c3a9000178');
  t.equal(wire('30 (<a> (21 000a) "")'), '30070001610321000a');
  t.equal(wire(`30 ("${'x'.repeat(200)}")`), `30c801${'78'.repeat(200)}`);
  t.equal(wire('c000 <>'), 'c0000000');
  for (const wrong of ['1', 'xy', '(', ')', '<a', '"a']) t.throws(() => wire(wrong), wrong);
});
