// hot path
// RunForms: the frames of one run in every form in which somebody wants them: of 3.x or 5.0, with the QoS at which
// they were published or a lower one. All that differs is the first byte, the packet identifier, and the property block
// behind it, which 3.x has not. So a form is made by copying the rest, once, when it is first asked for. The frames are
// known to be whole and correct: they were read before, or begin like one that was. Bounded by the run, six times at
// most.
import { allocateBytes, type Bytes, emptyBytes } from './bytes.ts';
import { FramePool, type KeptFrames } from './kept-frames.ts';
import { ProtocolVersion, type Qos } from './protocol-version.ts';
import { PublishRun } from './publish-run.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';

/** Frames of one form. */
export interface RunForm {
  readonly frames: Bytes;
  /** Where in `frames` the packet identifiers are to be written, for QoS 1 and 2; the first ones, as many as frames. */
  readonly idPlaces: Int32Array;
}

const noPlaces = new Int32Array(0);
const formsMax = 6;
const noRun = new PublishRun();

/** The forms of one run at a time. */
export class RunForms {
  /** Whether one receiver gets the run and no other: it may change the identifiers in the kept frames. */
  isForOne = false;
  readonly #forms: (RunForm | undefined)[] = [];
  #version: ProtocolVersion = ProtocolVersion.v311;
  #run: PublishRun = noRun;
  #source: Bytes = emptyBytes;
  #kept: KeptFrames | undefined;
  readonly #pool = new FramePool();

  /** The version of the frames as they were published. */
  get version(): ProtocolVersion {
    return this.#version;
  }

  /** The run as it was published. */
  get run(): PublishRun {
    return this.#run;
  }

  /** Messages in the run. */
  get count(): number {
    return this.#run.count;
  }

  /** The QoS at which they were published. */
  get qos(): Qos {
    return this.#run.qos;
  }

  /** Begins with another run, of frames of a version; what came of the one before is forgotten. */
  open(run: PublishRun, version: ProtocolVersion): void {
    this.close();
    this.#run = run;
    this.#version = version;
    this.#source = run.frames();
  }

  /** The run is over. */
  close(): void {
    this.#run = noRun;
    this.#source = emptyBytes;
    this.#kept = undefined;
    this.#forms.length = 0;
  }

  /** Whether every frame stays a packet that can be written: the longest possible one has no room for one byte more. */
  get canTranslate(): boolean {
    return varintSize(this.#source.length) < 4;
  }

  /** The frames as they were published, in memory of their own, the same for all who ask; who keeps them says so. */
  kept(): KeptFrames {
    this.#kept ??= this.#pool.copy(this.#source);
    return this.#kept;
  }

  /** The frames in a form; `qos` is not above that at which they were published. Borrowed: valid during the run. */
  form(isV5: boolean, qos: Qos): RunForm {
    const index = qos + (isV5 ? 3 : 0);
    while (this.#forms.length < formsMax) this.#forms.push(undefined);
    let form = this.#forms[index];
    if (form === undefined) {
      form = this.#make(isV5, qos);
      this.#forms[index] = form;
    }
    return form;
  }

  #make(isV5: boolean, qos: Qos): RunForm {
    const run = this.#run;
    const isFromV5 = this.#version === ProtocolVersion.v5;
    if (isV5 === isFromV5 && qos === run.qos) return { frames: this.#source, idPlaces: run.idPlaces };
    return translated(this.#source, run, { isFromV5, isToV5: isV5, qos });
  }
}

interface Change {
  readonly isFromV5: boolean;
  readonly isToV5: boolean;
  readonly qos: Qos;
}

function translated(frames: Bytes, run: PublishRun, change: Change): RunForm {
  const { isFromV5, isToV5, qos } = change;
  const target = allocateBytes(frames.length + 2 * run.count);
  const idPlaces = qos > 0 ? new Int32Array(run.count) : noPlaces;
  const idBytes = idBytesOf(run.qos);
  const isBlockAdded = isToV5 && !isFromV5;
  const isBlockLost = isFromV5 && !isToV5;
  const added = idBytesOf(qos) + (isBlockAdded ? 1 : 0);
  const first = 0x30 | (qos << 1);
  let to = 0;
  let from = 0;
  for (let index = 0; index < run.count; index++) {
    let length = 0;
    let shift = 0;
    let position = from + 1;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = frames[position++] ?? 0;
      length += (byte & 0x7f) << shift;
    }
    const end = position + length;
    const topicEnd = position + 2 + (((frames[position] ?? 0) << 8) | (frames[position + 1] ?? 0));
    const idEnd = topicEnd + idBytes;
    const rest = isBlockLost ? endOfBlock(frames, idEnd, end) : idEnd;
    target[to] = first;
    to = writeVarint(target, to + 1, topicEnd - position + added + end - rest);
    to = copy(frames, position, topicEnd, target, to);
    if (qos > 0) {
      idPlaces[index] = to;
      to += 2;
    }
    if (isBlockAdded) target[to++] = 0;
    to = copy(frames, rest, end, target, to);
    from = end;
  }
  return { frames: target.subarray(0, to), idPlaces };
}

function idBytesOf(qos: Qos): number {
  return qos > 0 ? 2 : 0;
}

/** Where a property block that begins at `start` with its length ends. */
function endOfBlock(frames: Bytes, start: number, end: number): number {
  const length = readVarint(frames, start, end);
  return start + varintSize(length) + length;
}

/** Short pieces byte by byte, which is faster than a call. */
function copy(source: Bytes, start: number, end: number, target: Bytes, to: number): number {
  if (end - start > 40) {
    source.copy(target, to, start, end);
  } else {
    for (let index = start, at = to; index < end; index++) target[at++] = source[index] ?? 0;
  }
  return to + end - start;
}
