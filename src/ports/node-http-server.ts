// NodeHttpServer: the port for serving HTTP through Node, loaded only where a configuration has an `http_server`.
// `node:http` comes through `process.getBuiltinModule`: imported, it would load the web stack of Node and its memory.
// Bounded: headers by 16 KiB, a request by 30 s, an idle connection by 5 s, connections by `connectionsMax`.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { bytesOf, isUtf8Range, joinBytes } from '../../protocol/wire/bytes.ts';
import { LinkError, messageOf } from '../base/errors.ts';
import type {
  AnswerSink,
  HttpHandler,
  HttpServeOptions,
  HttpServer,
  ServedAnswer,
  ServedRequest,
} from './http-server.ts';
import type { TlsOptions } from './ports.ts';

const limits = { maxHeaderSize: 16_384, requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 5000 };

/** Opens a server. Rejects with LinkError when the address cannot be bound or the certificate cannot be used. */
export async function serveNodeHttp(options: HttpServeOptions, handler: HttpHandler): Promise<HttpServer> {
  const { host, port, tls, connectionsMax } = options;
  const server = serverOf(tls, (request, response) => void answer(request, response, handler));
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new LinkError('listen', `cannot serve HTTP on ${host}:${port}: ${messageOf(error)}`, { cause: error }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function serverOf(tls: TlsOptions | undefined, listener: Listener): Server {
  if (tls === undefined) return process.getBuiltinModule('node:http').createServer(limits, listener);
  const { certificate, key, keyPassphrase, authorities, versionMin = 'TLSv1.2', ciphers } = tls;
  try {
    return process.getBuiltinModule('node:https').createServer(
      {
        ...limits,
        minVersion: versionMin,
        requestCert: tls.isPeerVerified === true,
        rejectUnauthorized: tls.isPeerVerified === true,
        ...(certificate === undefined ? {} : { cert: certificate }),
        ...(key === undefined ? {} : { key }),
        ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
        ...(authorities === undefined ? {} : { ca: authorities }),
        ...(ciphers === undefined ? {} : { ciphers }),
      },
      listener,
    );
  } catch (error) {
    const reason = `the certificate of http_server cannot be used: ${messageOf(error)}`;
    throw new LinkError('listen', reason, { cause: error });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  response.on('error', () => gone.abort());
  const served = await handler(servedOf(request, gone.signal));
  if (gone.signal.aborted) return;
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, served, request.method === 'HEAD', gone.signal);
  // what was not read of a body goes with the connection
  if (!request.complete) response.on('finish', () => request.destroy());
}

function send(response: ServerResponse, served: ServedAnswer, isHead: boolean, signal: AbortSignal): void {
  const { status, headers, body } = served;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  if (typeof body === 'function') {
    response.flushHeaders();
    if (isHead) {
      response.end();
      return;
    }
    const stream = body(sinkOf(response));
    signal.addEventListener('abort', () => stream.stopped(), { once: true });
    return;
  }
  response.setHeader('content-length', typeof body === 'string' ? Buffer.byteLength(body) : body.length);
  response.end(isHead ? undefined : body);
}

function sinkOf(response: ServerResponse): AnswerSink {
  return {
    write: (text) => response.write(text),
    onDrained: (run) => void response.on('drain', run),
    end: () => void response.end(),
  };
}

function servedOf(request: IncomingMessage, signal: AbortSignal): ServedRequest {
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: new URLSearchParams(at < 0 ? '' : url.slice(at + 1)),
    headers,
    remoteAddress: request.socket.remoteAddress ?? '',
    isEncrypted: 'encrypted' in request.socket,
    signal,
    readBody: (bytesMax) => readBody(request, bytesMax),
  };
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request) {
      const bytes = bytesOf(part);
      size += bytes.length;
      if (size > bytesMax) return undefined;
      parts.push(bytes);
    }
  } catch {
    return undefined; // the other side went away: nobody is there to be told
  }
  const whole = joinBytes(parts);
  return isUtf8Range(whole, 0, whole.length) ? whole.toString('utf8') : undefined;
}
