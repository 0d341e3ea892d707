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
import { packetSizeMax } from './limits.ts';

/** Takes runs: QoS 0 messages to one topic, as one slice of a chunk. */
export interface RunSink {
  /** The frames of the run, in order, are the next messages. Returns false to have them one by one instead. */
  runReceived(run: PublishRun): boolean;
}

/** Reads one PUBLISH frame the long way. */
export type ReadPublish = (bytes: Bytes, start: number, bodyStart: number, end: number) => Malformed | undefined;

/** The runs of one connection. */
export class RunGatherer {
  readonly #sink: RunSink;
  readonly #version: ProtocolVersion;
  readonly #read: ReadPublish;
  readonly #run = new PublishRun();

  constructor(sink: RunSink, version: ProtocolVersion, read: ReadPublish) {
    this.#sink = sink;
    this.#version = version;
    this.#read = read;
  }

  /** From now on QoS 0 messages to this topic, without properties, are gathered. */
  expect(topicBytes: Bytes): void {
    this.#run.arm(topicBytes, this.#version);
  }

  /** Takes a frame, or has it read the long way, after the run before it. Returns what is wrong with either. */
  publishReceived(bytes: Bytes, start: number, bodyStart: number, end: number): Malformed | undefined {
    const run = this.#run;
    if (run.take(bytes, start, bodyStart, end)) return undefined;
    if (run.count > 0) {
      const fault = this.end();
      if (fault) return fault;
      if (run.take(bytes, start, bodyStart, end)) return undefined;
    }
    return this.#read(bytes, start, bodyStart, end);
  }

  /** Hands over what was gathered. Returns what is wrong with it, if it had to be read the long way. */
  end(): Malformed | undefined {
    const run = this.#run;
    if (run.count === 0) return undefined;
    const { bytes, start, end } = run;
    const isTaken = this.#sink.runReceived(run);
    run.clear();
    if (isTaken) return undefined;
    run.disarm();
    let fault: Malformed | undefined;
    new FrameScanner(packetSizeMax).scan(bytes.subarray(start, end), {
      frame: (slice, from, body, to) => {
        fault = this.#read(slice, from, body, to);
        return fault === undefined;
      },
    });
    return fault;
  }
}
