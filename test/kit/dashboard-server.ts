// DashboardServer: the built pages with a pretended API behind them, for pictures of pages that are full of life.
// It listens on a free port of the loopback and serves the files as the product does, by the same code.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { siteFiles } from '#dashboard-site';
import { securityHeaders } from '../../src/http/request-guard.ts';
import { statusAt } from './dashboard-fixture.ts';
import { replyTo } from './dashboard-replies.ts';

/** A server that is open. */
export interface DashboardServer {
  readonly origin: string;
  /** The queries with which the live feed was opened, in their order. */
  readonly feeds: readonly URLSearchParams[];
  /** Breaks the live feeds that are open. */
  breakFeeds(): void;
  close(): void;
}

/** Opens it. */
export async function openDashboard(): Promise<DashboardServer> {
  const feeds: URLSearchParams[] = [];
  const open = new Set<ServerResponse>();
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const file = siteFiles[url.pathname];
    if (file !== undefined) {
      response.setHeader('content-type', file.type).setHeader('content-encoding', 'gzip');
      response.end(Buffer.from(file.body, 'base64'));
      return;
    }
    if (url.pathname === '/api/v1/live' || url.pathname === '/api/v1/tap') {
      response.setHeader('content-type', 'text/event-stream');
      if (url.pathname === '/api/v1/live' && url.searchParams.get('kinds') !== 'log') {
        feeds.push(url.searchParams);
        open.add(response);
        let tick = 0;
        const tell = (): void =>
          void response.write(`id: ${tick}\nevent: status\ndata: ${JSON.stringify(statusAt(tick++, Date.now()))}\n\n`);
        tell();
        const timer = setInterval(tell, 1000);
        response.on('close', () => {
          open.delete(response);
          clearInterval(timer);
        });
      } else if (url.pathname === '/api/v1/tap') {
        for (let at = 0; at < 24; at++) response.write(`event: message\ndata: ${tapped(at)}\n\n`);
      } else response.write(': quiet\n\n');
      return;
    }
    const reply = replyTo(request.method ?? 'GET', url, await bodyOf(request));
    response.statusCode = reply === undefined ? 404 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reply ?? { code: 'ERR_HTTP_NOT_FOUND', message: 'nothing here', path: '' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    feeds,
    breakFeeds: () => open.forEach((one) => void one.destroy()),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function tapped(at: number): string {
  const data = JSON.stringify({ value: 20 + (at % 7) / 2, unit: 'C', at: 1_700_000_000 + at });
  const payload = { encoding: 'text', data, isCut: false };
  const message = {
    topic: `sensors/line-${(at % 3) + 1}/temperature`,
    payload,
    size: data.length,
    qos: 1,
    retain: at === 3,
  };
  return JSON.stringify({ ...message, at: Date.now() - at * 180, from: `device:press-${(at % 2) + 1}` });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
