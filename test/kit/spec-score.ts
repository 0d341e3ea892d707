// Spec score: the ledgers and what proves them as a page for a terminal: one line a section, with a bar, and below each
// version what is missing, by id. Colours are left out where nobody sees them.
import { type Citations, describeLack, type Ledger, lacksOf, type Statement } from './spec-ledger.ts';

/** How the page is to look. */
export interface ScoreStyle {
  readonly isColoured: boolean;
  /** Tests that failed: what they name is not proved. */
  readonly failures: readonly string[];
}

/** The page, and whether nothing is missing. */
export interface Score {
  readonly text: string;
  readonly isComplete: boolean;
}

const barWidth = 24;
const colours = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** The score of all ledgers. */
export function scoreText(ledgers: readonly Ledger[], citations: Citations, style: ScoreStyle): Score {
  const paint = (colour: keyof typeof colours, text: string): string =>
    style.isColoured ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;
  const lines: string[] = [];
  let isComplete = style.failures.length === 0;
  for (const { version, sections, statements } of ledgers) {
    const binding = statements.filter(({ applies }) => applies === true);
    const isProved = (statement: Statement): boolean => lacksOf(statement, citations).length === 0;
    const proved = binding.filter(isProved);
    const isWhole = proved.length === binding.length;
    isComplete &&= isWhole;
    const sum = `${proved.length} of ${binding.length} statements proved`;
    lines.push('', `${paint('bold', `MQTT ${version}`)}  ${paint(isWhole ? 'green' : 'yellow', sum)}`, '');
    for (const [section, title] of Object.entries(sections)) {
      const own = binding.filter((one) => one.section === section || one.section.startsWith(`${section}.`));
      const done = own.filter(isProved).length;
      if (own.length === 0) continue;
      const filled = Math.floor((barWidth * done) / own.length);
      const bar = paint(done === own.length ? 'green' : 'yellow', '━'.repeat(filled));
      const rest = paint('dim', '─'.repeat(barWidth - filled));
      const count = `${String(done).padStart(3)} / ${String(own.length).padEnd(3)}`;
      lines.push(`  ${section.padStart(5)}  ${title.padEnd(24)} ${bar}${rest}  ${count}`);
    }
    lines.push(...missingLines(binding, citations, paint), ...exemptLines(statements, paint));
  }
  if (style.failures.length > 0) {
    lines.push('', paint('red', `${style.failures.length} tests failed, and what they name is not proved`));
    lines.push(...style.failures.map((failure) => `  ${failure}`));
  }
  return { text: `${lines.join('\n')}\n\n`, isComplete };
}

type Paint = (colour: keyof typeof colours, text: string) => string;

function missingLines(binding: readonly Statement[], citations: Citations, paint: Paint): readonly string[] {
  const lines = binding.flatMap((statement) => {
    const lacks = lacksOf(statement, citations);
    if (lacks.length === 0) return [];
    const what = lacks.map(describeLack).join(' and ');
    return [
      `  ${paint('yellow', statement.id.padEnd(16))} lacks ${what}`,
      `  ${' '.repeat(16)} ${paint('dim', statement.inShort)}`,
    ];
  });
  return lines.length === 0 ? [] : ['', '  missing', ...lines];
}

function exemptLines(statements: readonly Statement[], paint: Paint): readonly string[] {
  const lines = statements.flatMap(({ id, applies }) =>
    applies === true ? [] : [`  ${id.padEnd(16)} ${paint('dim', applies)}`],
  );
  return lines.length === 0 ? [] : ['', '  asking nothing of this product', ...lines];
}
