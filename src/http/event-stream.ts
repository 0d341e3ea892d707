// EventStream: server-sent events to one receiver. Who reads too slowly misses events and is told how many; nothing
// piles up for anybody. What is underway is bounded by the system's buffers: after a write that did not fit nothing is
// written until all of it has left.
//
//   open --write does not fit--> full (events are counted) --drained, `skipped` is told--> open
import type { AnswerSink, ServedAnswer } from '../ports/http-server.ts';
import { PlainAnswer } from './endpoint.ts';

/** One event as text; `id` where a receiver may go on from it. */
export function eventText(event: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One receiver. */
export class EventStream {
  readonly #sink: AnswerSink;
  #isFull = false;
  #isOver = false;
  #skipped = 0;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
    sink.onDrained(() => this.#drained());
    // what browsers and proxies need to see that it has begun
    this.#write(':\n\n');
  }

  /** Writes one event, or counts it as skipped. */
  send(text: string): void {
    if (this.#isOver) return;
    if (this.#isFull) this.#skipped++;
    else this.#write(text);
  }

  /** Counts events that are lost for another reason. */
  skip(count: number): void {
    if (count > 0) this.#write(eventText('skipped', { count }));
  }

  /** Ends it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#sink.end();
  }

  #write(text: string): void {
    this.#isFull = !this.#sink.write(text);
  }

  #drained(): void {
    if (this.#isOver) return;
    this.#isFull = false;
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.skip(skipped);
  }
}

/** An answer of events: `begin` gets the stream and returns what ends its work. */
export function eventAnswer(begin: (stream: EventStream) => () => void): PlainAnswer {
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  const body: ServedAnswer['body'] = (sink) => ({ stopped: begin(new EventStream(sink)) });
  return new PlainAnswer({ status: 200, headers, body });
}
