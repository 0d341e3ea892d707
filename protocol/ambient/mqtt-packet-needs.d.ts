// The names that the types of mqtt-packet take from Node's
// global types. Types only: none of them exists as a value
// here.
interface Buffer extends Uint8Array {
  subarray(start?: number, end?: number): Buffer;
  copy(target: Uint8Array, targetStart?: number, sourceStart?: number, sourceEnd?: number): number;
  toString(encoding?: 'utf8' | 'hex' | 'latin1' | 'base64', start?: number, end?: number): string;
  equals(other: Uint8Array): boolean;
  readUInt16BE(offset: number): number;
  readUInt32BE(offset: number): number;
  writeUInt16BE(value: number, offset: number): number;
  writeUInt32BE(value: number, offset: number): number;
}

declare namespace NodeJS {
  interface EventEmitter {
    removeAllListeners(): this;
  }
  interface WritableStream {
    readonly writable: boolean;
  }
}

type GlobalBuffer = Buffer;
