// SecretPrompt: asks for a secret. On a terminal nothing of it is shown, and Ctrl-C calls it off; from a pipe it is the
// first line of the input.
// Bounded by `secretLengthMax`.
import { UsageError } from '../../base/errors.ts';
import type { CommandIo } from './command-io.ts';
import { linesOf } from './input-lines.ts';

const secretLengthMax = 65_535;

/** Asks for a secret once. Throws UsageError when there is none, or when it is called off. */
export async function askSecret(io: CommandIo, prompt: string): Promise<string> {
  const secret = io.terminal === undefined ? await firstLine(io) : await typed(io, prompt);
  if (secret === undefined || secret === '') throw new UsageError('FLAG', 'a password is needed, and none came');
  return secret;
}

async function firstLine(io: CommandIo): Promise<string | undefined> {
  for await (const line of linesOf(io.input)) return line;
  return undefined;
}

async function typed(io: CommandIo, prompt: string): Promise<string | undefined> {
  io.write(prompt);
  io.terminal?.hide(true);
  const line = new SecretLine();
  try {
    for await (const chunk of io.input) if (line.type(new TextDecoder().decode(chunk))) break;
    return line.secret;
  } finally {
    io.terminal?.hide(false);
    io.write('\n');
  }
}

/** What is typed where nothing is shown: the terminal leaves even backspace to us. */
class SecretLine {
  /** Undefined when it was called off. */
  secret: string | undefined = '';

  /** Takes what was typed. Returns whether the line is over. */
  type(text: string): boolean {
    for (const character of text) {
      if (character === '\r' || character === '\n' || this.secret === undefined) return true;
      if (character === '\u0003' || character === '\u0004') this.secret = undefined;
      else if (character === '\u007f' || character === '\b') this.secret = this.secret.slice(0, -1);
      else if (this.secret.length < secretLengthMax) this.secret += character;
    }
    return this.secret === undefined;
  }
}
