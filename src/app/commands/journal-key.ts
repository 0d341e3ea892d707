// The key of an encrypted journal, for commands and configurations: 64
// hexadecimal digits in a file, or in the environment. It never stands in a
// configuration itself.
import { type Bytes, bytesOf } from '../../../protocol/wire/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import type { Disk } from '../../ports/ports.ts';

/** Where a key may be. */
export interface KeyPlaces {
  readonly ports: { readonly disk: Disk };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The variable that holds a key. */
export const keyVariable = 'VIADUCT_JOURNAL_KEY';

/** Reads the key of a file, or of the environment; undefined where there is none. Throws UsageError for a bad one. */
export async function readJournalKey(places: KeyPlaces, file: string | undefined): Promise<Bytes | undefined> {
  const text = file === undefined ? places.environment[keyVariable] : await places.ports.disk.readText(file);
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]{64}$/.test(text.trim())) {
    throw new UsageError(
      'JOURNAL_KEY',
      `${file ?? keyVariable}: a key is 64 hexadecimal digits (openssl rand -hex 32)`,
    );
  }
  return bytesOf(Buffer.from(text.trim(), 'hex'));
}
