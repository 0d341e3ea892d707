// The part of node:buffer that wire/bytes.ts needs, so that
// protocol/ type-checks without Node's types: whatever is not named
// here cannot be used there.
declare module 'node:buffer' {
  export type Buffer = GlobalBuffer;
  interface BufferConstructor {
    allocUnsafeSlow(size: number): GlobalBuffer;
    alloc(size: number): GlobalBuffer;
    from(text: string, encoding: 'utf8' | 'base64'): GlobalBuffer;
    from(memory: ArrayBufferLike, byteOffset: number, length: number): GlobalBuffer;
    byteLength(text: string, encoding: 'utf8'): number;
    concat(parts: readonly Uint8Array[]): GlobalBuffer;
    isBuffer(value: unknown): value is GlobalBuffer;
  }
  export const Buffer: BufferConstructor;
  export function isUtf8(input: Uint8Array): boolean;
}
