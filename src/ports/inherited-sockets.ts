// InheritedSockets: listening sockets that a service manager has opened for this process before it began, as systemd
// hands them over: their count in LISTEN_FDS, for the process in LISTEN_PID, their names in LISTEN_FDNAMES, descriptors
// from 3. Whoever connects while the program starts, or starts again, waits there instead of being refused.
// Bounded by what was handed over; each is given out once.
import { LinkError } from '../base/errors.ts';

const firstDescriptor = 3;

/** What was handed over. */
export class InheritedSockets {
  readonly #free: { readonly descriptor: number; readonly name: string }[];
  readonly #count: number;

  /** `environment` and `processId`: of this process. */
  constructor(environment: Readonly<Record<string, string | undefined>>, processId: number) {
    const { LISTEN_PID: owner, LISTEN_FDS: count = '', LISTEN_FDNAMES: names = '' } = environment;
    // what was meant for another process, as a parent that did not clean up, is not ours
    this.#count = owner === String(processId) && /^\d{1,3}$/.test(count) ? Number(count) : 0;
    const known = names.split(':');
    this.#free = Array.from({ length: this.#count }, (_, index) => ({
      descriptor: firstDescriptor + index,
      name: known[index] ?? '',
    }));
  }

  /** The descriptor of the socket of a name; empty: the next one. Throws LinkError where there is none. */
  take(name: string): number {
    const index = this.#free.findIndex((one) => name === '' || one.name === name);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (found !== undefined) return found.descriptor;
    const wanted = name === '' ? 'a socket of systemd' : `the socket '${name}' of systemd`;
    const left = this.#free.map((one) => one.name || `number ${one.descriptor}`).join(', ') || 'none';
    const detail = `${wanted} is not there: ${this.#count} were handed over, and free are ${left}`;
    throw new LinkError('listen', `${detail}; is the program started by its socket unit?`, { blame: 'local' });
  }
}
