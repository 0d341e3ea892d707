// ApiLedgerTypes: what became of single messages of a bridge, as
// it goes over the API. Types only; the conventions stand in
// `api-types.ts`.
import type { LedgerEntry, LedgerOutcome } from '../bridge/delivery-ledger.ts';

/**
 * GET /bridges/NAME/ledger: newest first, in pages; 409 where no ledger is kept. Filters: `topic` (a filter of MQTT, of
 * the topic here or at the remote), `outcome`, `from` and `until` (ms since 1970).
 */
export type LedgerEntryView = LedgerEntry;

/** What may be asked for. */
export type LedgerOutcomeView = LedgerOutcome;
