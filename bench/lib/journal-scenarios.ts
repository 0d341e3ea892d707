// JournalScenarios: what a bridge costs that keeps its messages, at each level of safety, beside the same traffic
// without a journal; Mosquitto, which has nothing on the disk before it acknowledges, plays all of them in memory.
// Windows of 1,000: groups form while one is synced.
import type { Scenario } from './scenario.ts';

/** The scenarios, made from the bridge at QoS 1. */
export function journalScenarios(bridgeQos1: Scenario): readonly Scenario[] {
  const one: Scenario = { ...bridgeQos1, family: 'journal', window: 1000, goal: 0 };
  return [
    { ...one, name: 'br_q1_1000', title: 'QoS 1 through the bridge, window 1,000, no journal' },
    { ...one, name: 'br_q1_memory', title: 'the same with a data directory, kept in memory', durability: 'memory' },
    { ...one, name: 'br_q1_written', title: 'the same, written before PUBACK', durability: 'written' },
    { ...one, name: 'br_q1_synced', title: 'the same, synced before PUBACK', durability: 'synced', goal: 1 },
  ];
}
