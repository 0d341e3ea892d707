// Exposition: numbers as text in the form of OpenMetrics, which Prometheus reads. A family is told once, with its
// help and its type; names are ours to give (`viaduct_...`), counters end in `_total`, units are in the name.
// Bounded by what is written to it.

import { bucketBoundsMs, type HistogramView } from './histogram.ts';

/** The labels of one sample. */
export type Labels = Readonly<Record<string, string>>;

/** A text that grows by families. */
export class Exposition {
  readonly #lines: string[] = [];

  /** A family that only grows. */
  counter(name: string, help: string, samples: Iterable<readonly [labels: Labels, value: number]>): void {
    this.#family(name, 'counter', help);
    for (const [labels, value] of samples) this.#sample(`${name}_total`, labels, value);
  }

  /** A family that goes up and down. */
  gauge(name: string, help: string, samples: Iterable<readonly [labels: Labels, value: number]>): void {
    this.#family(name, 'gauge', help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  /** Facts as labels. */
  info(name: string, help: string, labels: Labels): void {
    this.#family(name, 'info', help);
    this.#sample(`${name}_info`, labels, 1);
  }

  /** A family of spans, told in seconds. */
  histogram(name: string, help: string, samples: Iterable<readonly [labels: Labels, view: HistogramView]>): void {
    this.#family(name, 'histogram', help);
    for (const [labels, { counts, count, sumMs }] of samples) {
      let below = 0;
      for (const [index, one] of counts.entries()) {
        below += one;
        const bound = bucketBoundsMs[index];
        this.#sample(`${name}_bucket`, { ...labels, le: bound === undefined ? '+Inf' : secondsText(bound) }, below);
      }
      this.#sample(`${name}_count`, labels, count);
      this.#sample(`${name}_sum`, labels, sumMs / 1000);
    }
  }

  /** The whole text. */
  end(): string {
    return `${this.#lines.join('\n')}\n# EOF\n`;
  }

  #family(name: string, type: string, help: string): void {
    this.#lines.push(`# TYPE ${name} ${type}`, `# HELP ${name} ${help}`);
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`);
  }
}

/** In the canonical form of OpenMetrics: always with a point. */
function secondsText(ms: number): string {
  const text = String(ms / 1000);
  return text.includes('.') ? text : `${text}.0`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
