// JournalRows: what a bridge costs that keeps its messages, at each level of safety, beside the same traffic without a
// journal; Mosquitto, which has nothing on the disk before it acknowledges, plays all of them in memory. The rows
// are data: what each has of its own beside the bridge at QoS 1 with 1,000 underway.

/** One row. */
export interface JournalRow {
  readonly name: string;
  readonly title: string;
  /** See `Scenario`. */
  readonly durability?: 'memory' | 'written' | 'synced';
  readonly goal?: number;
}

/** All rows. */
export const journalRows: readonly JournalRow[] = [
  { name: 'br_q1_1000', title: 'QoS 1 through the bridge, window 1,000, no journal' },
  { name: 'br_q1_memory', title: 'the same with a data directory, kept in memory', durability: 'memory' },
  { name: 'br_q1_written', title: 'the same, written before PUBACK', durability: 'written' },
  { name: 'br_q1_synced', title: 'the same, synced before PUBACK', durability: 'synced', goal: 1 },
];
