// Exporting a journal: every message that waits, every retained
// one, as a line of JSON. Payloads that are no text are written
// in base64.
import { type Bytes, isUtf8Range, textOfBytes } from '../../../protocol/wire/bytes.ts';
import { keptSuffix, readKept } from '../../bridge/kept-form.ts';
import type { JournalListener } from '../../journal/journal-status.ts';
import { type StoredContent, type SurveyTerms, streamContent } from '../../journal/survey.ts';
import type { Message } from '../../message/message.ts';
import { Origin } from '../../message/origin.ts';
import type { Ports } from '../../ports/ports.ts';
import type { StoredMessage } from '../../queue/stored-message.ts';
import { readStored } from '../../queue/stored-run.ts';

const origin = new Origin('application', 'export');

/** All messages of a journal, one line each; `listener` hears of those that cannot be read. */
export async function* exportedLines(
  ports: Ports,
  terms: SurveyTerms,
  listener: JournalListener = {},
): AsyncGenerator<string> {
  for await (const content of streamContent(ports.disk, terms, listener)) {
    const { stream, sequence, key, body } = content;
    if (sequence > 0 && stream.endsWith(keptSuffix)) yield* linesOfKept(ports, stream, sequence, body);
    else {
      const isMessage = sequence > 0 || stream === 'retained';
      const stored = isMessage ? readStored(body, content.count, { origin, clock: ports.clock }) : undefined;
      if (stored !== undefined) yield* linesOf(content, stored);
      else yield JSON.stringify({ stream, ...(isMessage ? { sequence } : { key }), value: body.toString('base64') });
    }
  }
}

function* linesOf(content: StoredContent, stored: readonly StoredMessage[]): Generator<string> {
  const { stream, sequence, isSettled } = content;
  for (const [index, { message }] of stored.entries()) {
    if (!isSettled(index)) yield lineOf({ stream, sequence: sequence === 0 ? 0 : sequence + index }, message);
  }
}

function* linesOfKept({ clock }: Ports, stream: string, first: number, body: Bytes): Generator<string> {
  let sequence = first;
  for (const { message } of readKept(body, origin, clock)) yield lineOf({ stream, sequence: sequence++ }, message);
}

function lineOf(
  place: { readonly stream: string; readonly sequence: number },
  message: Pick<Message, 'topic' | 'payload' | 'qos' | 'retain'>,
): string {
  const { topic, payload, qos, retain } = message;
  const content = isUtf8Range(payload, 0, payload.length)
    ? { payload: textOfBytes(payload) }
    : { base64: payload.toString('base64') };
  const { stream, sequence } = place;
  return JSON.stringify({ stream, ...(sequence > 0 ? { sequence } : {}), topic, qos, retain, ...content });
}
