// Audit: the books of whatever the worlds of a test have opened are checked when the test ends, whether or not it looks
// at them itself, and when worlds kill a process. Bounded: of the last `openMax` that were opened.
import process from 'node:process';
import { type BridgeNumbers, type BrokerNumbers, bridgeFault, brokerFault } from './books.ts';

/** What a process says of itself. */
interface AppNumbers {
  readonly broker: { readonly status: BrokerNumbers };
  readonly bridges: { readonly status: readonly BridgeNumbers[] };
}

/** Something with books. */
type Account = () => string | undefined;

/** So many are looked at after a test; tests that open more have them checked as others follow. */
const openMax = 20;
const open: Account[] = [];

/** The books of this broker are checked from now on. */
export function auditBroker<Audited extends { readonly status: BrokerNumbers }>(broker: Audited): Audited {
  add(() => brokerFault(broker.status));
  return broker;
}

/** The books of this bridge are checked from now on. */
export function auditBridge<Audited extends { readonly status: BridgeNumbers }>(bridge: Audited): Audited {
  add(() => bridgeFault(bridge.status));
  return bridge;
}

/** The books of a whole process are checked from now on: of its broker, and of the bridges that it has then. */
export function auditApp<Audited extends AppNumbers>(app: Audited): Audited {
  auditBroker(app.broker);
  add(() => app.bridges.status.map(bridgeFault).find((fault) => fault !== undefined));
  return app;
}

/** Throws if any books do not balance now. */
export function checkBooks(): void {
  for (const account of open) check(account);
}

function add(account: Account): void {
  open.push(account);
  const [first] = open.length > openMax ? open.splice(0, 1) : [];
  if (first) check(first);
}

function check(account: Account): void {
  const fault = account();
  if (fault !== undefined) throw new Error(fault);
}

// programs that borrow a world, as the simulator does, have no tests, and tap would end them after its time
if (process.argv[1]?.endsWith('.test.js')) {
  const { default: t } = await import('tap');
  t.afterEach((test) => {
    try {
      checkBooks();
    } finally {
      if (test.parent === t) open.length = 0;
    }
  });
}
