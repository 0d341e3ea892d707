// OCSP on real handshakes: a server that staples an answer of its authority, or none, in either version of TLS.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import t from 'tap';
import { NodeNet } from '../../src/ports/node-net.ts';
import { fixturePath } from '../kit/fixtures.ts';
import { authority } from '../kit/real-world.ts';

/** A server of TLS that staples an answer; undefined: none. */
async function stapling(answer: string | undefined, maxVersion: 'TLSv1.2' | 'TLSv1.3') {
  const [cert, key] = ['pem', 'key'].map((ending) => readFileSync(fixturePath(`tls/server.${ending}`)));
  const server = createServer({ ...(cert && { cert }), ...(key && { key }), maxVersion });
  const bytes = answer === undefined ? null : readFileSync(fixturePath(`tls/ocsp/${answer}.der`));
  server.on('OCSPRequest', (_certificate, _issuer, done) => done(null, bytes ?? Buffer.alloc(0)));
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: address !== null && typeof address === 'object' ? address.port : 0 };
}

async function dialled(port: number, ocsp: 'check' | 'require'): Promise<string> {
  const tls = { ...authority('ca'), ocsp };
  return new NodeNet().dial({ host: 'localhost', port, timeoutMs: 5000, tls }).then(
    (socket) => {
      socket.destroy();
      return 'connected';
    },
    (error: unknown) => String(error),
  );
}

t.test('a remote is believed when its authority says so, and refused when it does not', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [answer, check, require] of [
      ['good', /^connected$/, /^connected$/],
      ['delegated', /^connected$/, /^connected$/],
      ['revoked', /localhost:\d+ is not proven good: the authority has taken the certificate back/, /taken/],
      ['otherca', /not signed by the authority/, /not signed by the authority/],
      [undefined, /^connected$/, /there is no answer of OCSP with the certificate/],
    ] as const) {
      const { server, port } = await stapling(answer, version);
      t.match(await dialled(port, 'check'), check, `${answer ?? 'no answer'}, check, ${version}`);
      t.match(await dialled(port, 'require'), require, `${answer ?? 'no answer'}, require, ${version}`);
      server.close();
    }
  }
});
