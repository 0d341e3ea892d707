// NodeWebSocket: MQTT over WebSocket, both sides, with `ws`; loaded only where it is used. Both sides speak the
// subprotocol `mqtt` ([MQTT-6.0.0-3] [MQTT3-6.0.0-3], [MQTT-6.0.0-4] [MQTT3-6.0.0-4]), the listening side also
// `mqttv3.1`, as old clients call it; who offers neither is refused. Messages are not compressed.
//
// Bounded: request line and headers by 8 KiB, a message by `messageBytesMax`, closing by five seconds.
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import WebSocket, { WebSocketServer } from 'ws';
import type { NodeSocket } from './node-socket.ts';
import type { DialOptions, Socket, WebSocketListenOptions } from './ports.ts';
import { WebSocketPulse } from './web-socket-pulse.ts';
import { WebSocketStream } from './web-socket-stream.ts';

const subprotocols: readonly string[] = ['mqtt', 'mqttv3.1'];
const headerBytesMax = 8192;
const messageBytesMaxDefault = 64 * 1024 * 1024;
/** How long a WebSocket waits for the other side's word when it closes, in ms; known to `ws`, not to its types. */
const closing = { closeTimeout: 5000 };

/** What becomes of sockets that came to a `WebSocketEntrance`. */
export interface WebSocketArrivals {
  /** Makes the socket that carries the WebSocket out of the stream. */
  near(stream: Duplex): NodeSocket | undefined;
  opened(stream: Duplex, socket: Socket): void;
  failed(stream: Duplex, detail: string): void;
}

/** Why a request is refused. */
interface Fault {
  readonly status: number;
  readonly detail: string;
}

/** The listening side, for sockets that somebody else accepted. */
export class WebSocketEntrance {
  readonly #options: WebSocketListenOptions;
  readonly #arrivals: WebSocketArrivals;
  readonly #http: Server;
  readonly #upgrades: WebSocketServer;
  readonly #pulse: WebSocketPulse | undefined;

  constructor(options: WebSocketListenOptions, arrivals: WebSocketArrivals) {
    this.#options = options;
    this.#arrivals = arrivals;
    const { pingIntervalMs = 0 } = options;
    this.#pulse = pingIntervalMs > 0 ? new WebSocketPulse(pingIntervalMs) : undefined;
    this.#http = createServer({ maxHeaderSize: headerBytesMax, keepAlive: false });
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.messageBytesMax ?? messageBytesMaxDefault,
      ...closing,
      // [MQTT-6.0.0-4] [MQTT3-6.0.0-4]
      handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false,
    });
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
    this.#http.on('request', (request, response) => {
      const { socket } = request;
      response.writeHead(426, { upgrade: 'websocket', connection: 'close' }).end('This is MQTT over WebSocket.\n');
      arrivals.failed(socket, 'a request without an upgrade to WebSocket');
    });
    this.#http.on('clientError', (error, stream) => {
      arrivals.failed(stream, `no HTTP request: ${error.message}`);
      stream.destroy();
    });
    this.#upgrades.on('wsClientError', ({ message }, stream) => {
      refuse(stream, { status: 400, detail: message });
      arrivals.failed(stream, message);
    });
  }

  /** Begins with a stream: a request for an upgrade is expected on it. */
  take(stream: NetSocket): void {
    this.#http.emit('connection', stream);
    stream.resume();
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const fault = faultOf(request, this.#options);
    const near = fault === undefined ? this.#arrivals.near(stream) : undefined;
    if (fault !== undefined || near === undefined) {
      refuse(stream, fault ?? { status: 503, detail: 'it came too late' });
      this.#arrivals.failed(stream, fault?.detail ?? 'it came too late');
      return;
    }
    this.#upgrades.handleUpgrade(request, stream, head, (webSocket) => {
      const opened = new WebSocketStream(webSocket, near, request.socket);
      this.#pulse?.watch(opened, webSocket);
      this.#arrivals.opened(stream, opened);
    });
  }
}

/** What is wrong with a request; undefined when MQTT may be spoken over it. */
function faultOf(request: IncomingMessage, options: WebSocketListenOptions): Fault | undefined {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  if (path !== options.path) return { status: 404, detail: `the path ${shown(path)} is not ${options.path}` };
  const { origin } = request.headers;
  if (options.origins && origin !== undefined && !options.origins.includes(origin.toLowerCase())) {
    return { status: 403, detail: `the origin ${shown(origin)} is not allowed` };
  }
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  if (offered.some((one) => subprotocols.includes(one))) return undefined;
  return { status: 400, detail: `the subprotocol mqtt was not offered, but ${shown(offered.join(',')) || 'none'}` };
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function refuse(stream: Duplex, { status, detail }: Fault): void {
  const body = `${detail}\n`;
  const headers = `connection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(body)}`;
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`);
}

/** What becomes of a dialled stream: one of the two. */
export interface WebSocketOutcome {
  opened(socket: Socket): void;
  failed(error: Error): void;
}

/** The dialling side, over a stream that is connected and, for `wss`, secured. */
export function dialWebSocket(
  stream: NetSocket,
  near: NodeSocket,
  options: DialOptions,
  outcome: WebSocketOutcome,
): void {
  const { path, headers, messageBytesMax = messageBytesMaxDefault } = options.webSocket ?? { path: '/' };
  const name = options.socketPath === undefined ? options.host : 'localhost';
  const host = name.includes(':') ? `[${name}]` : name;
  const port = options.socketPath === undefined ? `:${options.port}` : '';
  const scheme = options.tls === undefined ? 'ws' : 'wss';
  const webSocket = new WebSocket(`${scheme}://${host}${port}${path}`, ['mqtt'], {
    createConnection: () => stream,
    headers: { ...headers },
    perMessageDeflate: false,
    maxPayload: messageBytesMax,
    ...closing,
  });
  webSocket.on('error', outcome.failed);
  webSocket.on('unexpected-response', (request, response) => {
    outcome.failed(new Error(`it answered ${response.statusCode} ${response.statusMessage}`));
    request.destroy();
  });
  webSocket.once('open', () => {
    webSocket.off('error', outcome.failed);
    outcome.opened(new WebSocketStream(webSocket, near, stream));
  });
}
