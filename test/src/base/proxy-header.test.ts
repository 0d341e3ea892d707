// PROXY headers, both versions: what they say, that they may come in any pieces, and that nothing breaks the parser.
import fc from 'fast-check';
import t from 'tap';
import { type Bytes, bytesOf, joinBytes } from '../../../protocol/wire/bytes.ts';
import { isInRanges, parseAddressRange, plainAddress } from '../../../src/base/address-range.ts';
import { type ProxyHeader, parseProxyHeader, proxyHeaderBytesMax } from '../../../src/base/proxy-header.ts';

const bytesFrom = (text: string): Bytes => bytesOf(Buffer.from(text, 'latin1'));
const signature = '\r\n\r\n\0\r\nQUIT\n';

/** A header of version 2. */
function block(command: number, family: number, body: Bytes): Bytes {
  const head = bytesOf(Buffer.alloc(4));
  head[0] = 0x20 | command;
  head[1] = (family << 4) | 1;
  head.writeUInt16BE(body.length, 2);
  return joinBytes([bytesFrom(signature), head, body]);
}

function value(type: number, body: Bytes): Bytes {
  const head = bytesOf(Buffer.alloc(3));
  head[0] = type;
  head.writeUInt16BE(body.length, 1);
  return joinBytes([head, body]);
}

function tls(client: number, verify: number, commonName: string): Bytes {
  const head = bytesOf(Buffer.alloc(5));
  head[0] = client;
  head.writeUInt32BE(verify, 1);
  return value(0x20, joinBytes([head, value(0x22, bytesFrom(commonName))]));
}

const addresses4 = bytesOf(Buffer.from('c0000207' + '0a000001' + '15b3' + '075b', 'hex'));
const addresses6 = bytesOf(Buffer.from(`20010db8000000000000000000000007${'0'.repeat(31)}115b3075b`, 'hex'));

/** The header that comes when it is fed byte by byte; it must be the same as at once. */
function byPieces(bytes: Bytes): ProxyHeader | string | undefined {
  const whole = parseProxyHeader(joinBytes([bytes, bytesFrom('what follows')]));
  for (let size = 1; size <= bytes.length; size++) {
    const part = parseProxyHeader(bytes.subarray(0, size));
    if (part !== undefined && size < bytes.length)
      throw new Error(`it was content with ${size} bytes: ${JSON.stringify(part)}`);
    if (size === bytes.length) t.strictSame(part, whole, 'what follows does not matter');
  }
  return whole;
}

t.test('a line of version 1 names the client, whatever pieces it comes in', async (t) => {
  for (const [line, source] of [
    ['PROXY TCP4 192.0.2.7 10.0.0.1 5555 1883\r\n', { address: '192.0.2.7', port: 5555 }],
    ['PROXY TCP6 2001:db8::7 ::1 65535 0\r\n', { address: '2001:db8::7', port: 65_535 }],
    ['PROXY UNKNOWN\r\n', undefined],
    ['PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n', undefined],
  ] as const) {
    const header = byPieces(bytesFrom(line));
    t.strictSame(header, { length: line.length, source, isEncrypted: false, commonName: undefined }, line.trim());
  }
});

t.test('a block of version 2 names the client and what it showed in TLS', async (t) => {
  const plain = { isEncrypted: false, commonName: undefined };
  const source = { address: '192.0.2.7', port: 5555 };
  const cases: readonly (readonly [string, Bytes, object])[] = [
    ['IPv4', block(1, 1, addresses4), { source, ...plain }],
    ['IPv6', block(1, 2, addresses6), { source: { address: '2001:db8::7', port: 5555 }, ...plain }],
    ['for itself', block(0, 0, bytesFrom('')), { source: undefined, ...plain }],
    ['no family', block(1, 0, bytesFrom('')), { source: undefined, ...plain }],
    ['unix', block(1, 3, bytesOf(Buffer.alloc(216))), { source: undefined, ...plain }],
    [
      'TLS',
      block(1, 1, joinBytes([addresses4, tls(7, 0, 'gateway-7')])),
      { source, isEncrypted: true, commonName: 'gateway-7' },
    ],
    [
      'not verified',
      block(1, 1, joinBytes([addresses4, tls(7, 1, 'x')])),
      { source, isEncrypted: true, commonName: undefined },
    ],
    [
      'no certificate',
      block(1, 1, joinBytes([addresses4, tls(1, 0, 'x')])),
      { source, isEncrypted: true, commonName: undefined },
    ],
    ['other values', block(1, 1, joinBytes([addresses4, value(4, bytesOf(Buffer.alloc(9)))])), { source, ...plain }],
  ];
  for (const [name, bytes, expected] of cases)
    t.strictSame(byPieces(bytes), { length: bytes.length, ...expected }, name);
});

t.test('what is no PROXY header is told in words as soon as it shows', async (t) => {
  const cases: readonly (readonly [Bytes, RegExp])[] = [
    [bytesFrom('\x10'), /no PROXY header/],
    [bytesFrom('PROXZ'), /no PROXY header/],
    [bytesFrom(`PROXY TCP4 ${'1'.repeat(120)}`), /more than 107/],
    [bytesFrom('PROXY TCP4 ::1 ::1 1 2\r\n'), /cannot be read/],
    [bytesFrom('PROXY TCP4 1.2.3.999 1.2.3.4 1 2\r\n'), /cannot be read/],
    [bytesFrom('PROXY TCP4 1.2.3.4 1.2.3.4 70000 2\r\n'), /cannot be read/],
    [bytesFrom('PROXY TCP4 1.2.3.4 1.2.3.4 7 2 3\r\n'), /cannot be read/],
    [bytesFrom('PROXY TCP5 1.2.3.4 1.2.3.4 7 2\r\n'), /cannot be read/],
    [bytesFrom(`${signature}\x31\x11\0\0`), /version 3/],
    [bytesFrom(`${signature}\x22\x11\0\0`), /command 2/],
    [bytesFrom(`${signature}\x21\x11\xff\xff`), new RegExp(`at most ${proxyHeaderBytesMax}`)],
    [block(1, 1, bytesFrom('12345')), /without the addresses/],
    [block(1, 1, joinBytes([addresses4, bytesFrom('\x20\x00')])), /cut off/],
    [block(1, 1, joinBytes([addresses4, value(0x20, bytesFrom('123'))])), /cut off/],
  ];
  for (const [bytes, words] of cases) t.match(parseProxyHeader(bytes), words);
  t.equal(parseProxyHeader(bytesFrom('')), undefined, 'nothing is not wrong yet');
});

t.test('no bytes make the parser throw, wait for ever or take more than its bound', async (t) => {
  const begin = fc.constantFrom(
    bytesFrom('PROXY TCP4 '),
    bytesFrom(`${signature}\x21\x11\0`),
    bytesFrom(`${signature}\x21`),
    bytesFrom(''),
  );
  fc.assert(
    fc.property(begin, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      const bytes = joinBytes([head, bytesOf(tail)]);
      const header = parseProxyHeader(bytes);
      if (typeof header === 'object' && header.length > bytes.length) throw new Error('longer than what came');
      if (header === undefined && bytes.length > proxyHeaderBytesMax) throw new Error('it waits for ever');
    }),
    { numRuns: 2000 },
  );
  t.not(parseProxyHeader(bytesOf(Buffer.alloc(proxyHeaderBytesMax + 1, 'P'))), undefined);
});

t.test('a network is read as people write it, and an IPv4 address is the same in IPv6 clothes', async (t) => {
  const isIn = (address: string, range: string): boolean => {
    const parsed = parseAddressRange(range);
    return parsed !== undefined && isInRanges(address, [parsed]);
  };
  t.ok(isIn('10.1.2.3', '10.0.0.0/8'));
  t.notOk(isIn('11.1.2.3', '10.0.0.0/8'));
  t.ok(isIn('::ffff:10.1.2.3', '10.0.0.0/8'));
  t.ok(isIn('192.0.2.130', '192.0.2.128/25'));
  t.notOk(isIn('192.0.2.127', '192.0.2.128/25'));
  t.ok(isIn('192.0.2.1', '192.0.2.1'));
  t.ok(isIn('1.2.3.4', '0.0.0.0/0'));
  t.notOk(isIn('::1', '0.0.0.0/0'), 'another family');
  t.ok(isIn('fd12:3456::9', 'fd00::/8'));
  t.ok(isIn('2001:db8::1', '2001:db8:0:0::/64'));
  t.notOk(isIn('2001:db8:0:1::1', '2001:db8::/64'));
  t.notOk(isIn('', '0.0.0.0/0'), 'no address');
  for (const wrong of [
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0',
    '1:2:3:4:5:6:7',
    '::1::2',
    'x',
    '10.0.0.256',
    'g::1',
    '1::2/a',
  ]) {
    t.equal(parseAddressRange(wrong), undefined, wrong);
  }
  t.equal(plainAddress('::ffff:1.2.3.4'), '1.2.3.4');
  t.equal(plainAddress('::ffff:1'), '::ffff:1');
});
