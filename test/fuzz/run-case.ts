// RunCase: plays any case. Whatever is thrown, now or by a promise that nobody waits for, is a find.
import { type FuzzCase, isConversation } from './fuzz-case.ts';
import { runBroker } from './run-broker.ts';
import { runOutgoing } from './run-outgoing.ts';
import { runText } from './run-text.ts';

/** Plays a case. Returns what went wrong; undefined if nothing did. */
export async function runCase(one: FuzzCase): Promise<string | undefined> {
  let lost: string | undefined;
  const onLost = (reason: unknown): void => {
    lost ??= `thrown where nobody waits: ${reason instanceof Error ? reason.stack : reason}`;
  };
  process.on('unhandledRejection', onLost);
  try {
    const fault = isConversation(one)
      ? await (one.target === 'broker' ? runBroker(one) : runOutgoing(one))
      : await runText(one);
    await new Promise((resolve) => setImmediate(resolve));
    return fault ?? lost;
  } catch (error) {
    return `thrown: ${error instanceof Error ? error.stack : error}`;
  } finally {
    process.off('unhandledRejection', onLost);
  }
}
