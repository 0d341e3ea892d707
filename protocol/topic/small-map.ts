// SmallMap: a map by text for the many that hold one entry or none, as most sessions have one subscription and most
// nodes of a tree one child: one entry is kept as it is, more of them in a Map. Order is that of insertion.
// Bounded by its owner.

/** A map from text to values. */
export class SmallMap<Value> {
  /** The only entry; undefined when there is none, or when there are many. */
  #key: string | undefined;
  #value: Value | undefined;
  #many: Map<string, Value> | undefined;

  /** How many entries there are. */
  get size(): number {
    return this.#many?.size ?? (this.#key === undefined ? 0 : 1);
  }

  /** The value of a key. */
  get(key: string): Value | undefined {
    if (this.#many) return this.#many.get(key);
    return key === this.#key ? this.#value : undefined;
  }

  /** Whether there is an entry for a key. */
  has(key: string): boolean {
    return this.#many?.has(key) ?? key === this.#key;
  }

  /** Adds an entry, or gives one another value. */
  set(key: string, value: Value): void {
    if (this.#many) {
      this.#many.set(key, value);
    } else if (this.#key === undefined || this.#key === key || this.#value === undefined) {
      this.#key = key;
      this.#value = value;
    } else {
      this.#many = new Map([
        [this.#key, this.#value],
        [key, value],
      ]);
      this.#key = undefined;
      this.#value = undefined;
    }
  }

  /** Takes an entry out. Returns whether it was there. */
  delete(key: string): boolean {
    if (this.#many) return this.#many.delete(key);
    if (this.#key !== key) return false;
    this.clear();
    return true;
  }

  /** Empties it. */
  clear(): void {
    this.#key = undefined;
    this.#value = undefined;
    this.#many = undefined;
  }

  /** The keys, as they are now. */
  keys(): readonly string[] {
    if (this.#many) return [...this.#many.keys()];
    return this.#key === undefined ? [] : [this.#key];
  }

  /** The values, as they are now. */
  values(): readonly Value[] {
    if (this.#many) return [...this.#many.values()];
    return this.#value === undefined ? [] : [this.#value];
  }
}
