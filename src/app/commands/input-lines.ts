// InputLines: the lines of a byte stream, without their line ends; the last one
// need not have one. A character that is cut by a chunk is put together again.
// Bounded by the longest line.
import { StringDecoder } from 'node:string_decoder';

/** The lines of `input` in UTF-8. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of input) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.replace(/\r$/, '');
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
