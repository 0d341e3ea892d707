// WebSocketRelay: lets programs that only know TCP speak MQTT over WebSocket: what they send goes on in messages that
// are cut at random, as a WebSocket may cut them [MQTT-6.0.0-2], and what comes back is handed to them as it comes.
// Bounded: one WebSocket for each socket, gone when either side goes.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import WebSocket from 'ws';

/** Where programs connect, and how to end it. */
export interface WebSocketRelay {
  readonly port: number;
  readonly server: Server;
}

/** Opens a relay on loopback to the WebSocket of an address; `ca` is trusted where it is a secure one. */
export async function openWebSocketRelay(url: string, ca?: string): Promise<WebSocketRelay> {
  const server = createServer((socket) => {
    const far = new WebSocket(url, 'mqtt', ca === undefined ? {} : { ca });
    const waiting: Buffer[] = [];
    socket.on('data', (chunk) => {
      if (far.readyState === WebSocket.OPEN) sendCut(far, chunk);
      else waiting.push(chunk);
    });
    far.on('open', () => {
      for (const chunk of waiting.splice(0)) sendCut(far, chunk);
    });
    far.on('message', (data: Buffer) => void socket.write(data));
    far.on('close', () => socket.end());
    far.on('error', () => socket.destroy());
    socket.on('close', () => far.close());
    socket.on('error', () => far.terminate());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // as: a server that listens on a port has an address of that kind
  return { port: (server.address() as AddressInfo).port, server };
}

/** One message for each piece: packets begin and end anywhere in them. */
function sendCut(far: WebSocket, chunk: Buffer): void {
  for (let from = 0; from < chunk.length; ) {
    const to = from + 1 + Math.floor(Math.random() * 40);
    far.send(chunk.subarray(from, to), { binary: true });
    from = to;
  }
}
