// AnswerMemory: answers that were fetched from elsewhere, for as long as they hold; and questions that are
// underway, so that a hundred devices with the same one ask it once.
// Bounded by `countMax` and `ttlMs`; the oldest gives way.

/** The bounds of remembered answers. */
export interface AnswerMemoryOptions {
  /** How long an answer holds, in ms; 0 remembers none. */
  readonly ttlMs: number;
  readonly countMax: number;
}

/** Remembers answers by their questions. */
export class AnswerMemory<Answer> {
  readonly #options: AnswerMemoryOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly answer: Answer; readonly until: number }>();
  readonly #underway = new Map<string, Promise<Answer>>();

  constructor(options: AnswerMemoryOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  /** How many answers are kept. */
  get size(): number {
    return this.#known.size;
  }

  /** The answer to a question; `ask` fetches it, and says whether it may be remembered. */
  answerTo(
    question: string,
    ask: () => Promise<{ readonly answer: Answer; readonly mayKeep: boolean }>,
  ): Answer | Promise<Answer> {
    const known = this.#known.get(question);
    if (known !== undefined && known.until > this.#now()) return known.answer;
    const underway = this.#underway.get(question);
    if (underway !== undefined) return underway;
    const asked = ask().then(({ answer, mayKeep }) => {
      this.#underway.delete(question);
      if (mayKeep && this.#options.ttlMs > 0) this.#keep(question, answer);
      return answer;
    });
    this.#underway.set(question, asked);
    return asked;
  }

  #keep(question: string, answer: Answer): void {
    this.#known.delete(question);
    this.#known.set(question, { answer, until: this.#now() + this.#options.ttlMs });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#options.countMax) break;
      this.#known.delete(oldest);
    }
  }
}
