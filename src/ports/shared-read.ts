// SharedRead: all plain sockets of a process read into one buffer, and what came is copied out, exactly as large as it
// is. Node would otherwise allocate 64 KiB for every read and collect them again. For dialled sockets this is a public
// option; an accepted one must be rebuilt around its handle, and where that is not possible it stays as it is.
import { Socket } from 'node:net';
import { allocateBytes, type Bytes, copyOfBytes } from '../../protocol/wire/bytes.ts';

const bufferBytes = 65_536;

/** Where the bytes of one socket go; set when somebody listens. */
export class ReadTarget {
  /** Gets each chunk. Until it is set, chunks wait. */
  #received: ((chunk: Bytes) => void) | undefined;
  #waiting: Bytes[] = [];

  /** A chunk came. */
  take(chunk: Bytes): void {
    if (this.#received) this.#received(chunk);
    else this.#waiting.push(chunk);
  }

  /** From now on chunks go there, those that waited first. */
  listen(received: (chunk: Bytes) => void): void {
    this.#received = received;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) received(chunk);
  }
}

/** The `onread` option of a socket. */
export interface OnRead {
  readonly buffer: Bytes;
  readonly callback: (bytesRead: number) => boolean;
}

/** One buffer for many sockets. */
export class SharedRead {
  readonly #buffer: Bytes = allocateBytes(bufferBytes);

  /** The option for a socket whose bytes go to `target`. */
  optionFor(target: ReadTarget): OnRead {
    const buffer = this.#buffer;
    return {
      buffer,
      callback: (bytesRead) => {
        target.take(copyOfBytes(buffer, 0, bytesRead));
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
