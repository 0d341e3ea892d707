// Agenda: what is still to happen in a world, by its time; what comes at one time happens in the order in which it was
// planned. Bounded by the events of a story, each of which plans its end.

/** Something that will happen. */
export interface AgendaItem {
  /** In ms since the story began. */
  readonly at: number;
  readonly note: string;
  readonly run: () => void;
}

/** What is to happen. */
export class Agenda {
  readonly #items: AgendaItem[] = [];

  /** Plans something. */
  plan(at: number, note: string, run: () => void): void {
    const place = this.#items.findIndex((one) => one.at > at);
    const item = { at, note, run };
    if (place < 0) this.#items.push(item);
    else this.#items.splice(place, 0, item);
  }

  /** Takes out what comes next. */
  next(): AgendaItem | undefined {
    return this.#items.shift();
  }
}
