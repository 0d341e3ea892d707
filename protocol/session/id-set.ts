// hot path
// IdSet: packet identifiers, a bit each. Pages of 1,024 bits are made when an identifier in them is first added and
// given up when the last one leaves; one is kept aside, so that identifiers that go round and round allocate nothing.
// Bounded: 65,535 identifiers, 64 pages of 132 bytes.

/** Words of bits of a page; one word more counts them. */
const pageWords = 32;

/** A set of identifiers, 1 to 65535. */
export class IdSet {
  #pages: (Uint32Array | undefined)[] | undefined;
  #spare: Uint32Array | undefined;
  #size = 0;

  /** How many are in it. */
  get size(): number {
    return this.#size;
  }

  /** Whether an identifier is in it. */
  has(identifier: number): boolean {
    const page = this.#pages?.[identifier >> 10];
    return page !== undefined && ((page[(identifier >> 5) & 31] ?? 0) & (1 << (identifier & 31))) !== 0;
  }

  /** Adds an identifier. Returns whether it is new. */
  add(identifier: number): boolean {
    const page = this.#pages?.[identifier >> 10] ?? this.#makePage(identifier >> 10);
    const word = (identifier >> 5) & 31;
    const bits = page[word] ?? 0;
    const bit = 1 << (identifier & 31);
    if ((bits & bit) !== 0) return false;
    page[word] = bits | bit;
    page[pageWords] = (page[pageWords] ?? 0) + 1;
    this.#size++;
    return true;
  }

  /** Takes an identifier out. Returns whether it was in. */
  delete(identifier: number): boolean {
    const page = this.#pages?.[identifier >> 10];
    if (page === undefined) return false;
    const word = (identifier >> 5) & 31;
    const bits = page[word] ?? 0;
    const bit = 1 << (identifier & 31);
    if ((bits & bit) === 0) return false;
    page[word] = bits & ~bit;
    this.#size--;
    const count = (page[pageWords] ?? 0) - 1;
    page[pageWords] = count;
    if (count === 0) this.#givePage(identifier >> 10, page);
    return true;
  }

  /** Empties it. */
  clear(): void {
    this.#pages = undefined;
    this.#spare = undefined;
    this.#size = 0;
  }

  #makePage(index: number): Uint32Array {
    const page = this.#spare ?? new Uint32Array(pageWords + 1);
    this.#spare = undefined;
    this.#pages ??= [];
    while (this.#pages.length <= index) this.#pages.push(undefined);
    this.#pages[index] = page;
    return page;
  }

  #givePage(index: number, page: Uint32Array): void {
    if (this.#pages) this.#pages[index] = undefined;
    this.#spare = page;
  }
}
