// SharedRead: all plain sockets of a process read into one buffer, and what came is copied out, exactly as large as
// it is; a reader with memory of its own is read into that. Node would otherwise allocate 64 KiB for every read and
// collect them again. For dialled sockets this is a public option; an accepted one must be rebuilt around its handle,
// and where that is not possible it stays as it is.
import { Socket } from 'node:net';
import { allocateBytes, type Bytes, bytesOf, copyOfBytes } from '../../protocol/wire/bytes.ts';

const bufferBytes = 65_536;

/** Who gets the bytes of a socket. */
export interface Reader {
  /** See `SocketHandler`. */
  received(chunk: Bytes): void;
  /** See `SocketHandler`. */
  room?(): Bytes | undefined;
}

/** Where the bytes of one socket go; set when somebody listens. */
export class ReadTarget {
  #reader: Reader | undefined;
  /** What came before there was one. */
  #waiting: Bytes[] | undefined;

  /** A chunk came. */
  take(chunk: Bytes): void {
    if (this.#reader) this.#reader.received(chunk);
    else this.#keep(chunk);
  }

  /** Memory for the next chunk, if the reader has some. */
  room(): Bytes | undefined {
    return this.#reader?.room?.();
  }

  /** From now on chunks go there, those that waited first. */
  listen(reader: Reader): void {
    this.#reader = reader;
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const chunk of waiting) reader.received(chunk);
  }

  #keep(chunk: Bytes): void {
    this.#waiting ??= [];
    this.#waiting.push(chunk);
  }
}

/** The `onread` option of a socket. */
export interface OnRead {
  readonly buffer: () => Bytes;
  readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean;
}

/** One buffer for many sockets. */
export class SharedRead {
  readonly #buffer: Bytes = allocateBytes(bufferBytes);

  /** The option for a socket whose bytes go to `target`. */
  optionFor(target: ReadTarget): OnRead {
    const shared = this.#buffer;
    return {
      buffer: () => target.room() ?? shared,
      callback: (bytesRead, buffer) => {
        const chunk = bytesOf(buffer).subarray(0, bytesRead);
        target.take(buffer === shared ? copyOfBytes(chunk) : chunk);
        return true;
      },
    };
  }

  /** An accepted, paused socket rebuilt to read here; undefined where Node does not let us. */
  rebuild(socket: Socket, target: ReadTarget): Socket | undefined {
    const handle: unknown = Reflect.get(socket, '_handle');
    if (typeof handle !== 'object' || handle === null || !('readStart' in handle)) return undefined;
    Reflect.set(socket, '_handle', null);
    const options = { handle, onread: this.optionFor(target), allowHalfOpen: false };
    const rebuilt = new Socket(options);
    rebuilt.setNoDelay(true);
    return rebuilt;
  }
}
