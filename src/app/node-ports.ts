// NodePorts: the four ports as this process has them. The only place where
// the whole product is tied to the real world; tests and simulations hand
// in ports of their own.
import type { Http, HttpOptions } from '../ports/http.ts';
import type { HttpHandler, HttpServeOptions, HttpServer } from '../ports/http-server.ts';
import { NodeClock } from '../ports/node-clock.ts';
import type { CommandOptions } from '../ports/node-command.ts';
import { NodeDisk } from '../ports/node-disk.ts';
import { NodeNet } from '../ports/node-net.ts';
import { NodeRandom } from '../ports/node-random.ts';
import type { Ports } from '../ports/ports.ts';

/** The real clock, network, disk and randomness. */
export function nodePorts(): Ports {
  return { clock: new NodeClock(), net: new NodeNet(), disk: new NodeDisk(), random: new NodeRandom() };
}

/** Opens the port to web servers, which only some configurations need. */
export async function openNodeHttp(options: HttpOptions): Promise<Http> {
  return new (await import('../ports/node-http.ts')).NodeHttp(options);
}

/** Serves HTTP, which only some configurations need. */
export async function serveHttp(options: HttpServeOptions, handler: HttpHandler): Promise<HttpServer> {
  return (await import('../ports/node-http-server.ts')).serveNodeHttp(options, handler);
}

/** Runs a program for a password, which only some configurations need. */
export async function runNodeCommand(options: CommandOptions): Promise<string> {
  return (await import('../ports/node-command.ts')).outputOf(options);
}
