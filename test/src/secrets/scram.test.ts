// SCRAM-SHA-256 against the example of RFC 7677, and both of our sides against each other, honest and not.
import t from 'tap';
import { type Bytes, bytesOf, bytesOfText } from '../../../protocol/wire/bytes.ts';
import { scramVerifierOf } from '../../../src/secrets/scram.ts';
import { ScramClient } from '../../../src/secrets/scram-client.ts';
import { ScramServer } from '../../../src/secrets/scram-server.ts';
import { SlowHash } from '../../../src/secrets/slow-hash.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';

const slowHash = new SlowHash();
const base64 = (text: string): Bytes => bytesOf(Buffer.from(text, 'base64'));

/** Randomness that is what the example says. */
function fixed(text: string) {
  return { unit: () => 0, bytes: () => base64(text) };
}

t.test('both sides say what RFC 7677 says they say', async (t) => {
  const client = new ScramClient({ username: 'user', password: 'pencil' }, fixed('rOprNGfwEbeRWgbNEkqO'), slowHash);
  t.equal(client.begin().toString(), 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
  const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const clientFinal =
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
  const answer = await new Promise((resolve) => client.challenged(bytesOfText(serverFirst), resolve));
  t.equal(String(answer), clientFinal);
  t.equal(client.finished(bytesOfText('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), undefined);
  t.match(client.finished(bytesOfText('v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')), /did not prove/);
  t.match(client.finished(undefined), /did not prove/);
});

/** Plays a conversation. Returns what the server said last, and what the client thinks of it. */
async function play(clientPassword: string, serverPassword: string, tamper = (text: string): string => text) {
  const random = new SeededRandom();
  const client = new ScramClient({ username: 'a=b,c', password: clientPassword }, random, slowHash);
  const server = new ScramServer(random.bytes(18));
  const username = server.claimed(client.begin());
  const verifier = await scramVerifierOf(bytesOfText(serverPassword), random.bytes(16), 4096, slowHash);
  const challenge = bytesOfText(tamper(server.challenge(verifier).toString()));
  const answer = await new Promise<Bytes | string>((resolve) => client.challenged(challenge, resolve));
  if (typeof answer === 'string') return { username, answer };
  const proof = server.prove(answer);
  return { username, proof, doubt: proof && client.finished(proof) };
}

t.test('who knows the password is believed, and believes', async (t) => {
  const { username, proof, doubt } = await play('p\u00e4ss', 'p\u00e4ss');
  t.equal(username, 'a=b,c', 'the name is escaped on the way');
  t.ok(proof);
  t.equal(doubt, undefined);
});

t.test('who does not know the password is not believed', async (t) => {
  t.equal((await play('wrong', 'right')).proof, undefined);
});

t.test(
  'a client does not work for a server that asks for too few or too many rounds, or talks to another',
  async (t) => {
    t.match((await play('p', 'p', (text) => text.replace('i=4096', 'i=100'))).answer, /100 rounds/);
    t.match((await play('p', 'p', (text) => text.replace('i=4096', 'i=9999999'))).answer, /9999999 rounds/);
    t.match((await play('p', 'p', (text) => text.replace('r=', 'r=x'))).answer, /none of SCRAM/);
    t.match((await play('p', 'p', () => 'm=ext')).answer, /none of SCRAM/);
  },
);

t.test(
  'a server takes no message that is none, no channel binding, and no proof for another conversation',
  async (t) => {
    const first = (text: string): string | undefined =>
      new ScramServer(bytesOf(new Uint8Array(18))).claimed(bytesOfText(text));
    t.equal(first('n,,n=u,r=abc'), 'u');
    t.equal(first('y,,n=u,r=abc'), 'u');
    for (const wrong of [
      '',
      'p=tls-unique,,n=u,r=a',
      'n,a=v,n=u,r=a',
      'n,,n=u',
      'n,,m=x,n=u,r=a',
      'n,,n=u=5,r=a',
      'n,,n=,r=a',
      `n,,n=${'u'.repeat(5000)},r=a`,
    ]) {
      t.equal(first(wrong), undefined, wrong.slice(0, 30));
    }
    const server = new ScramServer(bytesOf(new Uint8Array(18)));
    t.equal(server.prove(bytesOfText('c=biws,r=x,p=AAAA')), undefined, 'nothing was asked yet');
  },
);
