// Password hashes: ours, those of mosquitto_passwd, and texts that are none.
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import {
  isPasswordHash,
  isPasswordOf,
  parsePasswordHash,
  scramTextOf,
  scryptTextOf,
} from '../../../src/secrets/password-hash.ts';
import { SlowHash } from '../../../src/secrets/slow-hash.ts';
import { SlowHashBusy } from '../../../src/secrets/slow-hash-busy.ts';
import { SeededRandom } from '../../kit/seeded-random.ts';

const slowHash = new SlowHash();
const random = new SeededRandom();

async function check(password: string, text: string): Promise<boolean> {
  const hash = parsePasswordHash(text);
  if (typeof hash === 'string') throw new Error(hash);
  return isPasswordOf(bytesOfText(password), hash, slowHash);
}

const mosquitto =
  '$7$101$z8vmINDU1RjPpdu2$IFm1vDx9PC1wxo4LNTenulNccm3D0TiUjTZVTzAbuVNbb+HqjKtIrqxIyOqXmngCGvKdFtNgY0NQzfpcvVySWg==';
// SHA-512 of password and salt, as mosquitto_passwd wrote them before version 2
const old = '$6$c2FsdHNhbHQ=$8me3HaYO7C+Bo5xRmJkGYMQkWTurNq21pKGy5Bv6Bv9QsRDztLx7tYWSVSYdtNV3XTQhZrF0+qnJFVg6YJUVMA==';

t.test('a password is known by its hash, whoever wrote it, and another one is not', async (t) => {
  const salt = random.bytes(16);
  const texts = {
    scrypt: await scryptTextOf(bytesOfText('s3cret'), salt, slowHash),
    scram: await scramTextOf(bytesOfText('s3cret'), salt, slowHash),
    'PBKDF2 of mosquitto_passwd': mosquitto,
    'SHA-512 of mosquitto_passwd': old,
  };
  for (const [name, text] of Object.entries(texts)) {
    t.ok(isPasswordHash(text), `${name} is a hash`);
    t.ok(await check('s3cret', text), `${name}: the password`);
    t.notOk(await check('s3cretX', text), `${name}: another`);
    t.notOk(await check('', text), `${name}: none`);
  }
  t.match(texts.scrypt, /^\$scrypt\$ln=12,r=8,p=1\$/);
});

t.test('what is no hash is told, and no file can ask for hours or gigabytes', async (t) => {
  const salt = 'c2FsdHNhbHQ';
  for (const [text, reason] of [
    ['plain', /expected a hash/],
    ['$1$md5$x', /expected a hash/],
    [`$scrypt$ln=12,r=8$${salt}$${salt}`, /expected \$scrypt/],
    [`$scrypt$ln=12,r=8,p=1$${salt}$!!`, /expected \$scrypt/],
    [`$scrypt$ln=30,r=8,p=1$${salt}$${'A'.repeat(44)}`, /256 MB/],
    [`$scram-sha-256$i=0$${salt}$${'A'.repeat(43)}$${'A'.repeat(43)}`, /expected \$scram/],
    [`$scram-sha-256$i=5000$${salt}$${'A'.repeat(43)}`, /expected \$scram/],
    [`$7$99999999999$${salt}$${'A'.repeat(86)}`, /expected \$7/],
    [`$6$${salt}$short`, /expected \$6/],
  ] as const) {
    t.match(parsePasswordHash(text), reason, text.slice(0, 40));
  }
});

t.test('only a few hashes are worked out at a time, and what would wait too long is refused', async (t) => {
  const small = new SlowHash({ concurrencyMax: 1, waitingMax: 1 });
  const cost = { digest: 'sha256', iterations: 1 } as const;
  const work = (): Promise<unknown> => small.pbkdf2(bytesOfText('p'), bytesOfText('s'), cost, 32);
  const [first, second] = [work(), work()];
  await t.rejects(work(), SlowHashBusy);
  await Promise.all([first, second]);
  await t.resolves(work(), 'afterwards there is room again');
});
