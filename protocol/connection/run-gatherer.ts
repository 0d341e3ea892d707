// hot path
// RunGatherer: gathers runs on one connection and hands each over before anything else happens there.
// Who takes runs may decline one; then its frames are read one by one, as if there were no runs. So
// a run changes how messages travel, never which ones, nor their order.
// Bounded by the chunk: a run ends with it.
import type { Bytes } from '../wire/bytes.ts';
import { FrameScanner } from '../wire/frame-scanner.ts';
import type { Malformed } from '../wire/malformed.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';
import { PublishRun } from '../wire/publish-run.ts';
import { KnownTopics } from './known-topics.ts';
import { packetSizeMax } from './limits.ts';

/** Takes runs: QoS 0 messages that go one way, as one slice of a chunk. */
export interface RunSink {
  /** The frames of the run, in order, are the next messages. Returns false to have them one by one instead. */
  runReceived(run: PublishRun): boolean;
}

/** Reads one PUBLISH frame the long way. */
export type ReadPublish = (bytes: Bytes, start: number, bodyStart: number, end: number) => Malformed | undefined;

/** First byte of a PUBLISH with QoS 0, without DUP and RETAIN. */
const plainPublish = 0x30;

/** The runs of one connection. */
export class RunGatherer {
  readonly #sink: RunSink;
  readonly #read: ReadPublish;
  readonly #known: KnownTopics;
  readonly #run = new PublishRun();

  constructor(sink: RunSink, version: ProtocolVersion, read: ReadPublish) {
    this.#sink = sink;
    this.#read = read;
    this.#known = new KnownTopics(version);
  }

  /** From now on QoS 0 messages to this topic, without properties, are gathered; they go this way. */
  expect(topicBytes: Bytes, way: object): void {
    this.#known.add(topicBytes, way);
  }

  /** Takes a frame, or has it read the long way, after the run before it. Returns what is wrong with either. */
  publishReceived(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    const way = bytes[start] === plainPublish ? this.#known.wayOf(bytes, bodyStart, end) : undefined;
    if (way !== undefined && this.#run.take(bytes, start, end, way)) return undefined;
    const fault = this.end();
    if (fault) return fault;
    // a run that was declined has forgotten all ways
    const isStillKnown = way !== undefined && this.#known.wayOf(bytes, bodyStart, end) === way;
    if (isStillKnown && this.#run.take(bytes, start, end, way)) return undefined;
    return this.#read(bytes, start, bodyStart, end);
  }

  /** Hands over what was gathered. Returns what is wrong with it, if it had to be read the long way. */
  end(): Malformed | undefined {
    const run = this.#run;
    if (run.count === 0) return undefined;
    if (this.#sink.runReceived(run)) {
      run.clear();
      return undefined;
    }
    const frames = run.frames();
    run.clear();
    this.#known.clear();
    let fault: Malformed | undefined;
    new FrameScanner(packetSizeMax).scan(frames, {
      frame: (slice, from, body, to) => {
        fault = this.#read(slice, from, body, to);
        return fault === undefined;
      },
    });
    return fault;
  }
}
