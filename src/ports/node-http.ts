// NodeHttp: the port Http through Node, loaded only where a configuration asks a web server.
// Connections are used again while they are wanted, and close when nobody uses them; their number
// is bounded, and so are time and size of an answer.
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest, type RequestOptions } from 'node:http';
import { request as encryptedRequest, Agent as TlsAgent } from 'node:https';
import { LinkError, messageOf } from '../base/errors.ts';
import type { Http, HttpAnswer, HttpOptions, HttpRequest } from './http.ts';

/** How long a connection is kept that nobody uses, in ms. */
const idleMsMax = 10_000;

/** Web servers through Node. */
export class NodeHttp implements Http {
  readonly #options: HttpOptions;
  readonly #plain: PlainAgent;
  readonly #encrypted: TlsAgent;

  constructor(options: HttpOptions) {
    const { connectionsMax, tls = {} } = options;
    const pool = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMsMax };
    this.#options = options;
    this.#plain = new PlainAgent(pool);
    this.#encrypted = new TlsAgent({
      ...pool,
      rejectUnauthorized: tls.isPeerVerified ?? true,
      minVersion: tls.versionMin ?? 'TLSv1.2',
      ...(tls.authorities === undefined ? {} : { ca: tls.authorities }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.key === undefined ? {} : { key: tls.key }),
      ...(tls.keyPassphrase === undefined ? {} : { passphrase: tls.keyPassphrase }),
    });
  }

  /** See `Http`. */
  ask(request: HttpRequest): Promise<HttpAnswer> {
    const { method, url, body, timeoutMs, connectTimeoutMs } = request;
    const isEncrypted = url.startsWith('https:');
    const headers =
      body === undefined ? request.headers : { ...request.headers, 'content-length': `${Buffer.byteLength(body)}` };
    const options: RequestOptions = { method, headers, agent: isEncrypted ? this.#encrypted : this.#plain };
    return new Promise((resolve, reject) => {
      const sent = isEncrypted ? encryptedRequest(url, options) : plainRequest(url, options);
      const fail = (reason: string, isTimeout: boolean, cause?: unknown): void => {
        sent.destroy();
        reject(new LinkError('connect', `${hostOf(url)} ${reason}`, { isTimeout, cause }));
      };
      const whole = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`, true), timeoutMs);
      const connecting = setTimeout(
        () => fail(`was not reached within ${connectTimeoutMs} ms`, true),
        connectTimeoutMs,
      );
      const settled = (): void => {
        clearTimeout(whole);
        clearTimeout(connecting);
      };
      sent.on('socket', (socket) => {
        if (!socket.connecting) clearTimeout(connecting);
        else socket.once(isEncrypted ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
      });
      sent.on('error', (error) => {
        settled();
        fail(`does not answer: ${messageOf(error)}`, false, error);
      });
      sent.on('response', (response) => {
        this.#read(response).then(
          (text) => {
            settled();
            resolve({ status: response.statusCode ?? 0, body: text });
          },
          (error: unknown) => {
            settled();
            fail(messageOf(error), false, error);
          },
        );
      });
      sent.end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const { bodyBytesMax } = this.#options;
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of response) {
      const bytes = Buffer.from(part);
      size += bytes.length;
      if (size > bodyBytesMax) throw new LinkError('open', `answered with more than ${bodyBytesMax} bytes`);
      parts.push(bytes);
    }
    return Buffer.concat(parts).toString();
  }
}

/** Without path and query, in which secrets may stand. */
function hostOf(url: string): string {
  return new URL(url).host;
}
