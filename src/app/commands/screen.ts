// Screen: how wide what a command prints may be: as
// wide as the terminal is now; elsewhere lines are as
// long as they are.
import type { CommandIo } from './command-io.ts';
import type { Screen } from './text-table.ts';

/** The screen of a command. */
export function screenOf({ isTerminal, size }: CommandIo): Screen {
  return { isTerminal, columns: size?.().columns };
}
