// Traffic: what has crossed connections, in bytes and packets, both ways. A connection counts its own, in fields of its
// own; the broker keeps the sum of those that are gone. The state of the broker is the sum of both, made when somebody
// asks. Four numbers each, which only grow.

/** What a connection, or many together, carried. */
export interface TrafficCounts {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Control packets of every kind. */
  readonly packetsReceived: number;
  readonly packetsSent: number;
}

/** Counts of many connections together. */
export class Traffic implements TrafficCounts {
  bytesReceived = 0;
  bytesSent = 0;
  packetsReceived = 0;
  packetsSent = 0;

  /** Adds what somebody carried. */
  add(counts: TrafficCounts): void {
    this.bytesReceived += counts.bytesReceived;
    this.bytesSent += counts.bytesSent;
    this.packetsReceived += counts.packetsReceived;
    this.packetsSent += counts.packetsSent;
  }

  /** All of them with those of others, in another object. */
  with(others: Iterable<TrafficCounts>): Traffic {
    const sum = new Traffic();
    sum.add(this);
    for (const other of others) sum.add(other);
    return sum;
  }
}
