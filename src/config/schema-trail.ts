// SchemaTrail: the keys of a bridge that say what is
// remembered of single messages, and which of them are
// traced from here on.
import * as v from 'valibot';
import type { BridgeConfig } from './bridge-config.ts';
import { decimal, flag, type Kind, section, whole } from './schema-values.ts';

type LedgerKeys = Pick<BridgeConfig, 'ledgerSize' | 'ledgerSampleOf'>;

/** `ledger { size = 1000 }`: on where the section is there. */
export const ledger: Kind<LedgerKeys> = v.pipe(
  section({
    enable: v.optional(flag, 'true'),
    size: v.optional(whole(1, 100_000), '1000'),
    sample: v.optional(whole(1, 1_000_000), '1'),
  }),
  v.transform(({ enable, size, sample }) => ({ ledgerSize: enable ? size : 0, ledgerSampleOf: sample })),
);

/** `trace { start = true }` */
export const trace: Kind<Pick<BridgeConfig, 'traceRatio'>> = v.pipe(
  section({ start: v.optional(flag, 'false'), sample: v.optional(decimal(0, 1), '1') }),
  v.transform(({ start, sample }) => (start ? { traceRatio: sample } : {})),
);
