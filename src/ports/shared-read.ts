// SharedRead: all plain sockets of a process read into one buffer, from which their readers take what they need before
// the next read; a reader with memory of its own is read into that. Node would otherwise allocate 64 KiB for every
// read and collect them again. For dialled sockets this is a public option; an accepted one is given what that option
// would have set, and where Node has it under other names the socket stays as it is. A second socket around the same
// handle would do as well, but cost a tenth of a connect.
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
    this.#waiting.push(copyOfBytes(chunk));
  }
}

/** The `onread` option of a socket. */
export interface OnRead {
  readonly buffer: () => Bytes;
  readonly callback: (bytesRead: number, buffer: Uint8Array) => boolean;
}

/** Where a socket keeps what its `onread` option said. */
interface ReadFields {
  readonly buffer: symbol;
  readonly next: symbol;
  readonly taken: symbol;
}

/** Under which an accepted socket knows its target. */
const targetOf = Symbol('viaduct');

/** One buffer for many sockets. */
export class SharedRead {
  readonly #buffer: Bytes = allocateBytes(bufferBytes);
  /** The target of the chunk that came last: Node asks for the next buffer of the same socket right after it. */
  #latest: ReadTarget | undefined;
  /** The same functions for all accepted sockets, once it is known that Node says whose bytes came: by `this`. */
  readonly #option: OnRead = this.#sharedOption();
  #isSocketTold = false;
  #fields: ReadFields | undefined;

  /** The option for a socket whose bytes go to `target`. */
  optionFor(target: ReadTarget): OnRead {
    return {
      buffer: () => target.room() ?? this.#buffer,
      callback: (bytesRead, buffer) => {
        const chunk = bytesOf(buffer).subarray(0, bytesRead);
        target.take(chunk);
        return true;
      },
    };
  }

  /** Makes an accepted socket that is not read yet read here; false where Node does not let us. */
  adopt(socket: Socket, target: ReadTarget): boolean {
    const handle: unknown = Reflect.get(socket, '_handle');
    const use: unknown = isObject(handle) ? Reflect.get(handle, 'useUserBuffer') : undefined;
    this.#fields ??= fieldsOf(socket);
    if (this.#fields === undefined || typeof use !== 'function') return false;
    this.#latest = undefined;
    const option = this.#isSocketTold ? this.#option : this.#watchedOption(target);
    const { buffer, next, taken } = this.#fields;
    Reflect.set(socket, targetOf, target);
    Reflect.set(socket, buffer, this.#buffer);
    Reflect.set(socket, next, option.buffer);
    Reflect.set(socket, taken, option.callback);
    Reflect.apply(use, handle, [this.#buffer]);
    return true;
  }

  #sharedOption(): OnRead {
    const reads = this;
    return {
      buffer: () => {
        const room = reads.#latest?.room();
        reads.#latest = undefined;
        return room ?? reads.#buffer;
      },
      callback(this: unknown, bytesRead: number, buffer: Uint8Array): boolean {
        const target = targetOfSocket(this);
        if (target === undefined) return true; // that it is told was seen before
        const chunk = bytesOf(buffer).subarray(0, bytesRead);
        target.take(chunk);
        reads.#latest = target;
        return true;
      },
    };
  }

  /** Looks whether the socket is told, on a socket that does not need it. */
  #watchedOption(target: ReadTarget): OnRead {
    const reads = this;
    const { buffer, callback } = this.optionFor(target);
    return {
      buffer,
      callback(this: unknown, bytesRead: number, bytes: Uint8Array): boolean {
        reads.#isSocketTold = targetOfSocket(this) === target;
        return callback(bytesRead, bytes);
      },
    };
  }
}

function targetOfSocket(socket: unknown): ReadTarget | undefined {
  const target: unknown = socket instanceof Socket ? Reflect.get(socket, targetOf) : undefined;
  return target instanceof ReadTarget ? target : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** All sockets of one Node have the same ones. */
function fieldsOf(socket: Socket): ReadFields | undefined {
  const symbols = Object.getOwnPropertySymbols(socket);
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, next, taken] = [named('kBuffer'), named('kBufferGen'), named('kBufferCb')];
  return buffer && next && taken ? { buffer, next, taken } : undefined;
}
