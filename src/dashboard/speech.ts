// Speech: what the server says, in the language of the reader: findings, refusals, faults of values, events, errors of
// links, steps of a test. The server says it in English; the sentence is the key. A sentence has gaps, whose contents
// may be sentences themselves, and `;` or `:` joins two. What nobody has translated stays as the server said it.
// Bounded: sentences inside each other `depthMax` deep.

/** Says in a language what the server said in English. */
export type Speech = (text: string) => string;

const depthMax = 8;
/** Sentences with gaps that say less than this fit much that they do not mean: they are tried last. */
const weightMin = 8;

/** The server speaks English by itself. */
export const english: Speech = (text) => text;

interface Known {
  readonly pattern: RegExp;
  readonly to: string;
  /** Characters outside of gaps. */
  readonly weight: number;
}

/** Speaks a language: English sentences with gaps as `{name}`, and what they are there. `joints` hold two sentences. */
export function speechOf(
  sentences: Readonly<Record<string, string>>,
  joints: Readonly<Record<string, string>>,
): Speech {
  // whoever says most of a sentence knows best what it is
  const known = knownOf(sentences).sort((one, other) => other.weight - one.weight);
  const [strong, weak] = [known.filter(isStrong), known.filter((one) => !isStrong(one))];
  const joined = knownOf(joints);
  const say = (text: string, depth: number): string => {
    if (depth > depthMax || text === '') return text;
    const inner = (value: string): string => say(value, depth + 1);
    const whole = (among: readonly Known[]): string | undefined => {
      for (const { pattern, to } of among) {
        const gaps = pattern.exec(text)?.groups;
        if (gaps !== undefined) return filled(to, gaps, inner);
      }
      return undefined;
    };
    const said = whole(strong);
    if (said !== undefined) return said;
    for (const { pattern, to } of joined) {
      const gaps = pattern.exec(text)?.groups;
      // two sentences that nobody knows are not ours to join
      if (gaps !== undefined && Object.values(gaps).some((part) => inner(part) !== part))
        return filled(to, gaps, inner);
    }
    return whole(weak) ?? text;
  };
  return (text) => say(text, 0);
}

function isStrong({ weight, to }: Known): boolean {
  return weight >= weightMin || !/\{\w+\}/.test(to);
}

function knownOf(sentences: Readonly<Record<string, string>>): Known[] {
  return Object.entries(sentences).map(([from, to]) => {
    const weight = from.replace(/\{\w+\}/g, '').length;
    return { pattern: patternOf(from), to, weight };
  });
}

/** A text with its gaps filled. */
function filled(text: string, values: Readonly<Record<string, string>>, say: Speech): string {
  return text.replace(/(?<!\$)\{(\w+)\}/g, (gap, name: string) => {
    const value = values[name];
    return value === undefined ? gap : say(value);
  });
}

function patternOf(sentence: string): RegExp {
  const source = sentence
    .split(/(\{\w+\})/)
    .map((part, index) =>
      index % 2 === 1 ? `(?<${part.slice(1, -1)}>.*?)` : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    )
    .join('');
  // with a group of its own, so that there are groups where there are no gaps
  return new RegExp(`^${source}(?<rest>)$`, 's');
}
