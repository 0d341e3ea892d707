// LogsApi: the log as pages show it. Lines come from memory, a page at a time, chosen by level and text; older ones are
// in the file of the log.
// Bounded by `LogRing`.
import * as v from 'valibot';
import type { LogLine, LogsReply } from './api-types.ts';
import { type Endpoint, endpoint, PlainAnswer } from './endpoint.ts';
import type { LogRing } from './log-ring.ts';
import { wholeParameter } from './pages.ts';

/** Larger than any number of a line. */
const idMax = 999_999_999_999_999;
const levels = ['debug', 'info', 'warn', 'error'] as const;
const logQuery = {
  level: v.optional(v.picklist(levels), 'debug'),
  text: v.optional(v.pipe(v.string(), v.maxLength(256)), ''),
};

/** The endpoints. */
export function logsApi(log: LogRing): readonly Endpoint[] {
  return [
    endpoint(
      {
        method: 'GET',
        path: '/logs',
        role: 'viewer',
        summary: 'The last lines of the log',
        query: v.strictObject({
          ...logQuery,
          before: wholeParameter(0, idMax, idMax),
          limit: wholeParameter(1, 1000, 200),
        }),
        reply: v.strictObject({
          lines: v.array(v.looseObject({ id: v.number(), at: v.number(), level: v.string(), message: v.string() })),
          forgotten: v.number(),
        }),
      },
      ({ query }): LogsReply => {
        const lines = chosen(log, query).filter(({ id }) => id < query.before);
        return { lines: lines.slice(-query.limit), forgotten: log.forgotten };
      },
    ),
    endpoint(
      {
        method: 'GET',
        path: '/logs/download',
        role: 'viewer',
        summary: 'The same as lines of JSON',
        produces: 'text',
        query: v.strictObject(logQuery),
      },
      ({ query }) => {
        const body = chosen(log, query).map((line) => `${JSON.stringify(line)}\n`);
        const headers = {
          'content-type': 'application/x-ndjson',
          'content-disposition': 'attachment; filename="viaduct.log"',
        };
        return new PlainAnswer({ status: 200, headers, body: body.join('') });
      },
    ),
  ];
}

function chosen(log: LogRing, query: { readonly level: LogLine['level']; readonly text: string }): readonly LogLine[] {
  const wanted = query.text.toLowerCase();
  const least = levels.indexOf(query.level);
  return log.lines.filter(
    (line) =>
      levels.indexOf(line.level) >= least &&
      (wanted === '' || `${line.message} ${JSON.stringify(line.fields)}`.toLowerCase().includes(wanted)),
  );
}
