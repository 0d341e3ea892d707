// Tokens: signatures of three algorithms, claims that must fit, the end of a token, and what is none. Signed here with
// Node, as somebody else would.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import t from 'tap';
import { bytesOfText } from '../../../protocol/wire/bytes.ts';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { ReasonCode } from '../../../protocol/wire/reason-code.ts';
import { accessDefaults } from '../../../src/access/access-options.ts';
import type { Login } from '../../../src/access/login.ts';
import { TokenAccess, type TokenAccessOptions } from '../../../src/access/token-access.ts';
import { rulesOfClaim } from '../../../src/access/token-rules.ts';
import { TokenKeys } from '../../../src/secrets/web-token.ts';
import { VirtualClock } from '../../kit/virtual-clock.ts';
import { hmacOf, signatureOf, signedToken } from '../../kit/web-tokens.ts';
import { publishOf, World } from '../../kit/world.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signed(algorithm: string, key: KeyObject | string, claims: object, more: object = {}): string {
  return signedToken({ alg: algorithm, ...more }, claims, (text) =>
    typeof key === 'string' ? hmacOf(key, text) : signatureOf(key, text),
  );
}

t.test('a token is known by its signature, under the algorithm that was configured and no other', async (t) => {
  const claims = { sub: 'u' };
  const cases = [
    [new TokenKeys({ algorithm: 'HS256', secret: 's' }), signed('HS256', 's', claims), signed('HS256', 'x', claims)],
    [
      new TokenKeys({ algorithm: 'RS256', publicKey: pem(rsa.publicKey) }),
      signed('RS256', rsa.privateKey, claims),
      // the public key taken for a secret
      signed('HS256', pem(rsa.publicKey), claims),
    ],
    [
      new TokenKeys({ algorithm: 'ES256', publicKey: pem(ec.publicKey) }),
      signed('ES256', ec.privateKey, claims),
      signed('ES256', other.privateKey, claims),
    ],
  ] as const;
  for (const [keys, right, wrong] of cases) {
    t.same(keys.claimsOf(right), claims);
    t.type(keys.claimsOf(wrong), 'string');
    t.type(keys.claimsOf(`${right.slice(0, -4)}AAAA`), 'string');
    const [, body] = right.split('.');
    for (const broken of [
      '',
      'a.b',
      'a.b.c',
      `${part({ alg: 'none' })}.${body}.`,
      `${part([])}.${body}.AA`,
      `${right}.x`,
    ]) {
      t.type(keys.claimsOf(broken), 'string', broken.slice(0, 20));
    }
  }
  const critical = signed('HS256', 's', claims, { crit: ['b64'] });
  t.match(new TokenKeys({ algorithm: 'HS256', secret: 's' }).claimsOf(critical), /extension/);
});

t.test('of a set of keys the one that the token names counts', async (t) => {
  const jwk = (key: KeyObject, kid: string): object => ({ ...key.export({ format: 'jwk' }), kid });
  const keySet = JSON.stringify({ keys: [jwk(ec.publicKey, 'a'), jwk(other.publicKey, 'b'), jwk(rsa.publicKey, 'r')] });
  const keys = new TokenKeys({ algorithm: 'ES256', keySet });
  t.same(keys.claimsOf(signed('ES256', ec.privateKey, {}, { kid: 'a' })), {});
  t.same(keys.claimsOf(signed('ES256', other.privateKey, {}, { kid: 'b' })), {});
  t.match(keys.claimsOf(signed('ES256', ec.privateKey, {}, { kid: 'b' })), /signature/);
  t.match(keys.claimsOf(signed('ES256', ec.privateKey, {}, { kid: 'r' })), /no key/);
  t.match(keys.claimsOf(signed('ES256', ec.privateKey, {})), /no key/, 'which of the two?');
  for (const [wrong, reason] of [
    [{ algorithm: 'HS256' }, /needs a secret/],
    [{ algorithm: 'RS256', publicKey: 'no key' }, /cannot be read/],
    [{ algorithm: 'RS256', publicKey: pem(ec.publicKey) }, /none for RS256/],
    [{ algorithm: 'ES256', keySet: '{' }, /cannot be read/],
    [{ algorithm: 'ES256', keySet: '{}' }, /no keys/],
    [{ algorithm: 'ES256', keySet: JSON.stringify({ keys: [jwk(rsa.publicKey, 'r')] }) }, /no key for ES256/],
  ] as const) {
    t.throws(() => new TokenKeys(wrong), reason);
  }
});

const options: TokenAccessOptions = {
  keys: { algorithm: 'HS256', secret: 's' },
  from: 'password',
  leewayS: 10,
  isExpiryRequired: true,
};

function verdictOn(claims: object, more: Partial<TokenAccessOptions> = {}, shown: Partial<Login> = {}) {
  const clock = new VirtualClock();
  const now = clock.wallMs() / 1000;
  const shifted = Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [name, /^(exp|nbf|iat)$/.test(name) ? now + Number(value) : value]),
  );
  const token = signed('HS256', 's', shifted);
  const login: Login = {
    clientId: 'c',
    username: 'u',
    password: bytesOfText(token),
    version: ProtocolVersion.v5,
    address: '127.0.0.1',
    port: 1883,
    certificate: undefined,
    ...shown,
  };
  return new TokenAccess({ ...options, ...more }, clock).check(login);
}

t.test('the claims of a token must fit: its times, whom it is from and for, and who shows it', async (t) => {
  const allow = { kind: 'allow' } as const;
  const deny = { kind: 'deny', why: 'bad-token' } as const;
  t.match(verdictOn({ exp: 60 }), { ...allow, admission: { username: 'u', method: 'jwt' } });
  t.match(verdictOn({ exp: -9 }), allow, 'within the leeway');
  t.match(verdictOn({ exp: -11 }), { kind: 'deny', why: 'expired-token' });
  t.match(verdictOn({}), deny, 'no end');
  t.match(verdictOn({}, { isExpiryRequired: false }), allow);
  t.match(verdictOn({ exp: 60, nbf: 9 }), allow);
  t.match(verdictOn({ exp: 60, nbf: 11 }), deny);
  t.match(verdictOn({ exp: 60, iat: 11 }), deny, 'from the future');
  t.match(verdictOn({ exp: 60, iss: 'i' }, { issuer: 'i' }), allow);
  t.match(verdictOn({ exp: 60 }, { issuer: 'i' }), deny);
  t.match(verdictOn({ exp: 60, aud: ['x', 'a'] }, { audience: 'a' }), allow);
  t.match(verdictOn({ exp: 60, aud: 'x' }, { audience: 'a' }), deny);
  t.match(verdictOn({ exp: 60, cid: 'c', name: 'u' }, { clientIdClaim: 'cid', usernameClaim: 'name' }), allow);
  t.match(verdictOn({ exp: 60, cid: 'd' }, { clientIdClaim: 'cid' }), deny);
  t.match(verdictOn({ exp: 60, name: 'v' }, { usernameClaim: 'name' }), deny);
  t.match(verdictOn({ exp: 60, acl: 'all' }, { rulesClaim: 'acl' }), deny, 'rules that are none');
  t.same(verdictOn({ exp: 60 }, {}, { password: bytesOfText('s3cret') }), { kind: 'ignore' }, 'a password');
  const inName = { from: 'username', usernameClaim: 'name' } as const;
  const token = signed('HS256', 's', { exp: 4e9, name: 'v' });
  t.match(verdictOn({}, inName, { username: token }), { ...allow, admission: { username: 'v' } });
});

t.test('rules of a token are read in both forms, and an empty list allows nothing', async (t) => {
  t.match(rulesOfClaim({ pub: ['a/#'], sub: 'b', all: [] }), [
    { isAllowed: true, action: 'publish', topics: ['a/#'] },
    { isAllowed: true, action: 'subscribe', topics: ['b'] },
    { isAllowed: true, action: 'pubsub', topics: [], subject: { kind: 'or', parts: [] } },
  ]);
  t.match(rulesOfClaim([{ permission: 'deny', action: 'all', topic: 'x/${clientid}' }]), [{ isAllowed: false }]);
  for (const wrong of [
    null,
    'x',
    { pub: ['#/a'] },
    { what: [] },
    [{ permission: 'maybe', topic: 'a' }],
    [{ permission: 'allow' }],
    [1],
  ]) {
    t.equal(rulesOfClaim(wrong), undefined, JSON.stringify(wrong));
  }
});

t.test('a device with a token does what the token allows, until it runs out', async (t) => {
  const world = new World();
  const token = { ...options, leewayS: 0, rulesClaim: 'acl' };
  await world.openBroker({
    access: { ...accessDefaults, isAnonymousAllowed: false, isAllowedWithoutMatch: false, token },
  });
  const peer = await world.dial(ProtocolVersion.v5);
  const exp = world.clock.wallMs() / 1000 + 60;
  const password = bytesOfText(signed('HS256', 's', { exp, acl: { pub: ['own/#'] } }));
  t.match(await peer.connect('c', { username: 'u', password }), [{ reasonCode: ReasonCode.success }]);
  peer.send(publishOf('own/a', 'x', { qos: 1, packetId: 1 }), publishOf('other', 'x', { qos: 1, packetId: 2 }));
  const { noMatchingSubscribers, notAuthorized } = ReasonCode;
  t.match(await peer.received(), [{ reasonCode: noMatchingSubscribers }, { reasonCode: notAuthorized }]);
  await world.clock.advance(59_000);
  t.same(await peer.received(), []);
  await world.clock.advance(2000);
  t.match(await peer.received(), [{ type: PacketType.disconnect, reasonCode: ReasonCode.maximumConnectTime }]);
  const late = await world.dial(ProtocolVersion.v5);
  t.match(await late.connect('c', { username: 'u', password }), [{ reasonCode: ReasonCode.notAuthorized }]);
});
