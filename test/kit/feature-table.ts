// FeatureTable: what Viaduct has of the features by which bridges are compared (fixtures/features.json), as the table
// in README.md. Whatever is there names the test that proves it, by its file and the beginning of its name; a test that
// has another name now, or is gone, is found here.
// Bounded by the features.
import { existsSync, readFileSync } from 'node:fs';

/** One feature. */
export interface Feature {
  /** From 1, without a gap. */
  readonly number: number;
  /** Features of one area stand together. */
  readonly area: string;
  readonly feature: string;
  readonly has: 'yes' | 'partly' | 'no';
  /** What is missing, or where it ends. */
  readonly note?: string;
  /** There for each yes. */
  readonly test?: { readonly file: string; readonly name: string };
}

const [begin, end] = ['<!-- features -->', '<!-- end of features -->'];

/** All features. */
export function readFeatures(): readonly Feature[] {
  return JSON.parse(readFileSync('fixtures/features.json', 'utf8'));
}

/** What is wrong with a list of features; `textOf` reads a test, undefined where there is none. */
export function featureFaults(
  features: readonly Feature[],
  textOf: (file: string) => string | undefined = textIfThere,
): readonly string[] {
  return features.flatMap(({ number, feature, has, note, test }, index) => {
    const place = `${number} ${feature}`;
    const faults: string[] = [];
    if (number !== index + 1) faults.push(`${place}: expected the number ${index + 1}`);
    if (has === 'yes' && test === undefined) faults.push(`${place}: no test proves it`);
    if (has !== 'yes' && note === undefined) faults.push(`${place}: what is missing is not said`);
    if (test === undefined) return faults;
    const text = textOf(test.file);
    if (text === undefined) faults.push(`${place}: there is no ${test.file}`);
    else if (test.name.length < 12 || !["'", '"', '`'].some((quote) => text.includes(`${quote}${test.name}`))) {
      faults.push(`${place}: no test of ${test.file} begins with: ${test.name}`);
    }
    return faults;
  });
}

/** The README with the table as it is now. Throws where it has no place for it. */
export function withFeatures(readme: string, features: readonly Feature[]): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the file has no place for features: ${begin} and ${end}`);
  return `${readme.slice(0, from)}${begin}\n\n${tableOf(features)}\n\n${readme.slice(to)}`;
}

function tableOf(features: readonly Feature[]): string {
  const count = (has: Feature['has']): number => features.filter((one) => one.has === has).length;
  const areas = [...new Set(features.map(({ area }) => area))];
  const lines = [
    `${features.length} features: ${count('yes')} yes, ${count('partly')} partly, ${count('no')} no.`,
    'A yes names the file of the test that proves it.',
    '',
    '<details><summary>All of them</summary>',
    '',
    '| | Feature | | Test |',
    '|---:|---|---|---|',
  ];
  for (const area of areas) {
    lines.push(`| | **${area}** | | |`);
    for (const { number, feature, has, note, test } of features.filter((one) => one.area === area)) {
      const about = note === undefined ? feature : `${feature} (${note})`;
      const proof = test === undefined ? '' : `\`${test.file.replace(/^test\//, '').replace(/\.test\.ts$/, '')}\``;
      lines.push(`| ${number} | ${about} | ${has} | ${proof} |`);
    }
  }
  lines.push('', '</details>');
  return lines.join('\n');
}

function textIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
