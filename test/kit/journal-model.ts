// JournalModel: what a journal is to hold, naively: every version of its state is
// kept. After a crash the journal must hold one of them, not older than what was
// promised.
import type { Journal } from '../../src/journal/journal.ts';

/** One state: messages by stream and sequence, values by key. */
export interface ModelState {
  readonly messages: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, string>;
}

/** The states of one journal since it was opened. */
export class JournalModel {
  readonly #versions: ModelState[];

  constructor(state: ModelState) {
    this.#versions = [state];
  }

  /** The number of the last version. */
  get version(): number {
    return this.#versions.length - 1;
  }

  /** The last state. */
  get state(): ModelState {
    return this.#versions[this.version] ?? { messages: new Map(), values: new Map() };
  }

  /** A turn has changed the state. */
  change(change: (messages: Map<string, string>, values: Map<string, string>) => void): void {
    const messages = new Map(this.state.messages);
    const values = new Map(this.state.values);
    change(messages, values);
    this.#versions.push({ messages, values });
  }

  /**
   * What is wrong with a state that was found after a crash; undefined if it is a version of at least `promised`.
   * What the last version does not have any more may be missing already.
   */
  faultOf(found: ModelState, promised: number): string | undefined {
    const faults: string[] = [];
    for (let version = this.version; version >= promised; version--) {
      const fault = this.#differenceTo(version, found);
      if (fault === undefined) return undefined;
      faults.push(`${version}: ${fault}`);
    }
    return `no version from ${promised} to ${this.version}: ${faults.slice(0, 4).join('; ')}`;
  }

  #differenceTo(version: number, found: ModelState): string | undefined {
    const then = this.#versions[version];
    if (then === undefined) return 'no such version';
    const kinds = ['messages', 'values'] as const;
    for (const kind of kinds) {
      for (const [key, value] of found[kind]) {
        const expected = then[kind].get(key);
        if (expected === undefined) return `${kind} ${key} is there`;
        if (expected !== value) return `${kind} ${key} is another: ${value.length} bytes for ${expected.length}`;
      }
      for (const key of then[kind].keys()) {
        if (!found[kind].has(key) && this.state[kind].has(key)) return `${kind} ${key} is missing`;
      }
    }
    return undefined;
  }
}

/** Everything that a journal holds, read back from it. */
export async function stateOf(
  journal: Journal,
  logs: readonly string[],
  keyed: readonly string[],
): Promise<ModelState> {
  const messages = new Map<string, string>();
  const values = new Map<string, string>();
  for (const name of logs) {
    const stream = journal.log(name);
    for (let from = 1; from < stream.nextSequence; ) {
      from = await journal.read(stream, from, 3000, {
        entry: (sequence, count, body) => {
          for (let at = 0; at < count; at++) {
            const key = `${name}/${sequence + at}`;
            if (stream.has(sequence + at)) messages.set(key, `${at}:${body.toString('latin1')}`);
          }
        },
        lost: (sequence) => void messages.set(`${name}/${sequence}`, 'lost'),
      });
    }
  }
  for (const name of keyed) {
    await journal.load(journal.keyed(name), (key, value) => {
      values.set(`${name}/${key}`, value.toString('latin1'));
      return true;
    });
  }
  return { messages, values };
}
