// Relay: the floor. It says yes to CONNECT and SUBSCRIBE without reading them and copies what the last connection sends
// to all others, so it shows what sockets alone cost in Node. Only for QoS 0, where nobody waits for an answer.
// Bounded by nothing but the generator.
import { createServer, type Socket } from 'node:net';

const sockets: Socket[] = [];
const server = createServer({ noDelay: true }, (socket) => {
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  // a connection says CONNECT in its first chunk; a subscriber says SUBSCRIBE in its second and then nothing
  let chunks = 0;
  socket.on('data', (chunk: Uint8Array) => {
    chunks++;
    if (chunks === 1) socket.write(Uint8Array.from([0x20, 2, 0, 0]));
    else if (chunks === 2 && chunk[0] === 0x82) socket.write(Uint8Array.from([0x90, 3, 0, 1, 0]));
    else for (const other of sockets) if (other !== socket) other.write(chunk);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
