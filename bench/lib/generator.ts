// Generator: plays one scenario against a broker, as a process of its own, so that its CPU is not the broker's.
// Publishers and subscribers at once, closed loop: what is underway is bounded by the window. Every message is checked
// for order, gaps and repeats by what its payload carries. Started by the runner with the scenario on the command line;
// prints its result as JSON.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Bytes, bytesOf } from '../../protocol/wire/bytes.ts';
import { encodePacket } from '../../protocol/wire/codec.ts';
import { FrameScanner } from '../../protocol/wire/frame-scanner.ts';
import { PacketType } from '../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../protocol/wire/protocol-version.ts';
import { cpuUsOf } from './process-usage.ts';
import { type Scenario, scenarios } from './scenario.ts';

/** What came of one run. */
export interface GeneratorResult {
  /** Messages delivered in the measured part. */
  readonly delivered: number;
  readonly seconds: number;
  /** CPU of the broker in the measured part, in microseconds. */
  readonly cpuUs: number;
  /** Messages that were skipped, came again, or came late. */
  readonly gaps: number;
  readonly repeats: number;
}

/** A connection that was accepted. */
async function open(port: number, clientId: string, version: ProtocolVersion): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const packet = {
    type: PacketType.connect,
    version,
    isBridge: false,
    clientId,
    cleanStart: true,
    keepAlive: 0,
    properties: {},
  };
  socket.write(encodePacket({ ...packet, type: PacketType.connect }, version));
  await once(socket, 'data');
  return socket;
}

/** What all ends of a run share. */
class Run {
  readonly scenario: Scenario;
  readonly total: number;
  readonly warmup: number;
  delivered = 0;
  gaps = 0;
  repeats = 0;
  readonly #pid: number;
  #began = { at: 0, cpuUs: 0, delivered: 0 };
  finish: (result: GeneratorResult) => void = () => undefined;

  constructor(scenario: Scenario, pid: number) {
    const copies = scenario.pattern === 'all' ? scenario.subscribers : 1;
    this.scenario = scenario;
    this.#pid = pid;
    this.warmup = Math.ceil(scenario.messages / 4) * copies;
    this.total = this.warmup + scenario.messages * copies;
  }

  /** Messages that each publisher sends. */
  get share(): number {
    return Math.ceil((this.scenario.messages + Math.ceil(this.scenario.messages / 4)) / this.scenario.publishers);
  }

  count(messages: number): void {
    const before = this.delivered;
    this.delivered += messages;
    if (before < this.warmup && this.delivered >= this.warmup) {
      this.#began = { at: performance.now(), cpuUs: cpuUsOf(this.#pid), delivered: this.delivered };
    }
    if (before < this.total && this.delivered >= this.total) {
      this.finish({
        delivered: this.delivered - this.#began.delivered,
        seconds: (performance.now() - this.#began.at) / 1000,
        cpuUs: cpuUsOf(this.#pid) - this.#began.cpuUs,
        gaps: this.gaps,
        repeats: this.repeats,
      });
    }
  }
}

/** Sends its share, at most a window ahead of the slowest subscriber. */
class Publisher {
  readonly #socket: Socket;
  readonly #run: Run;
  readonly #index: number;
  readonly #frames: readonly { readonly bytes: Bytes; readonly idAt: number; readonly payloadAt: number }[];
  #sent = 0;
  /** The lowest count of its messages that any subscriber has. */
  #seen = 0;
  readonly #seenBy: number[];

  constructor(socket: Socket, run: Run, index: number) {
    const { scenario } = run;
    this.#socket = socket;
    this.#run = run;
    this.#index = index;
    this.#seenBy = new Array<number>(scenario.pattern === 'all' ? scenario.subscribers : 1).fill(0);
    this.#frames = Array.from({ length: scenario.topics }, (_one, topic) => frameOf(scenario, index, topic));
    if (scenario.qos === 2) this.#release();
    else socket.resume();
  }

  /** A subscriber has this many of the publisher's messages. */
  seen(subscriber: number, count: number): void {
    this.#seenBy[subscriber] = count;
    this.#seen = Math.min(...this.#seenBy);
  }

  /** Sends what the window allows. */
  pump(): void {
    const { scenario, share } = this.#run;
    const parts: Bytes[] = [];
    while (this.#sent < share && this.#sent - this.#seen < scenario.window) {
      const frame = this.#frames[this.#sent % scenario.topics];
      if (frame === undefined) break;
      const bytes = bytesOf(Uint8Array.from(frame.bytes));
      bytes.writeUInt32BE(this.#index, frame.payloadAt);
      bytes.writeUInt32BE(this.#sent, frame.payloadAt + 4);
      if (scenario.qos > 0) bytes.writeUInt16BE((this.#sent % 60_000) + 1, frame.idAt);
      parts.push(bytes);
      this.#sent++;
    }
    if (parts.length > 0) this.#socket.write(Buffer.concat(parts));
  }

  /** QoS 2: PUBREL for each PUBREC. */
  #release(): void {
    const scanner = new FrameScanner(1000);
    this.#socket.on('data', (chunk) => {
      const answers: number[] = [];
      scanner.scan(bytesOf(chunk), {
        frame: (bytes, start, body) => {
          if ((bytes[start] ?? 0) >> 4 === PacketType.pubrec)
            answers.push(0x62, 2, bytes[body] ?? 0, bytes[body + 1] ?? 0);
          return true;
        },
      });
      if (answers.length > 0) this.#socket.write(Uint8Array.from(answers));
    });
  }
}

/** A PUBLISH to copy, and where in it packet identifier and payload stand. */
function frameOf(
  scenario: Scenario,
  publisher: number,
  topic: number,
): { bytes: Bytes; idAt: number; payloadAt: number } {
  const { size, qos, publisherVersion } = scenario;
  const name = `bench/${publisher}/${String(topic).padStart(4, '0')}`;
  const payload = bytesOf(new Uint8Array(size).fill(120));
  const packet = { type: PacketType.publish, topic: name, payload, qos, retain: false, dup: false, properties: {} };
  const bytes = encodePacket({ ...packet, packetId: qos > 0 ? 1 : 0, type: PacketType.publish }, publisherVersion);
  const tail = publisherVersion === ProtocolVersion.v5 ? 1 : 0;
  return { bytes, idAt: bytes.length - size - tail - 2, payloadAt: bytes.length - size };
}

/** Counts and checks what comes, and acknowledges it. */
class Subscriber {
  readonly #socket: Socket;
  readonly #run: Run;
  readonly #index: number;
  readonly #publishers: readonly Publisher[];
  readonly #next: number[];
  readonly #scanner = new FrameScanner(268_435_460);
  #answers: number[] = [];
  #counted = 0;

  constructor(socket: Socket, run: Run, index: number, publishers: readonly Publisher[]) {
    this.#socket = socket;
    this.#run = run;
    this.#index = index;
    this.#publishers = publishers;
    this.#next = new Array<number>(run.scenario.publishers).fill(0);
    socket.on('data', (chunk) => this.#take(bytesOf(chunk)));
  }

  #take(chunk: Bytes): void {
    this.#scanner.scan(chunk, {
      frame: (bytes, start, body, end) => {
        const type = (bytes[start] ?? 0) >> 4;
        if (type === PacketType.publish) this.#check(bytes, start, body, end);
        else if (type === PacketType.pubrel) this.#answers.push(0x70, 2, bytes[body] ?? 0, bytes[body + 1] ?? 0);
        return true;
      },
    });
    if (this.#answers.length > 0) this.#socket.write(Uint8Array.from(this.#answers));
    this.#answers = [];
    const { scenario } = this.#run;
    const ours = scenario.pattern === 'pairs' ? [this.#index] : this.#publishers.keys();
    for (const publisher of ours) {
      this.#publishers[publisher]?.seen(scenario.pattern === 'pairs' ? 0 : this.#index, this.#next[publisher] ?? 0);
      this.#publishers[publisher]?.pump();
    }
    this.#run.count(this.#counted);
    this.#counted = 0;
  }

  #check(bytes: Bytes, start: number, body: number, end: number): void {
    const { size } = this.#run.scenario;
    const publisher = bytes.readUInt32BE(end - size);
    const sequence = bytes.readUInt32BE(end - size + 4);
    const expected = this.#next[publisher] ?? 0;
    if (sequence > expected) this.#run.gaps += sequence - expected;
    if (sequence < expected) this.#run.repeats++;
    else this.#next[publisher] = sequence + 1;
    this.#counted++;
    const qos = ((bytes[start] ?? 0) >> 1) & 3;
    if (qos === 0) return;
    const idAt = body + 2 + bytes.readUInt16BE(body);
    this.#answers.push(qos === 1 ? 0x40 : 0x50, 2, bytes[idAt] ?? 0, bytes[idAt + 1] ?? 0);
  }
}

async function play(scenario: Scenario, port: number, pid: number): Promise<GeneratorResult> {
  const run = new Run(scenario, pid);
  const publishers: Publisher[] = [];
  const sockets: Socket[] = [];
  for (let index = 0; index < scenario.subscribers; index++) {
    const socket = await open(port, `subscriber-${index}`, scenario.subscriberVersion);
    const filter = scenario.pattern === 'pairs' ? `bench/${index}/#` : 'bench/#';
    const entry = { filter, qos: scenario.qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const packet = { type: PacketType.subscribe, packetId: 1, entries: [entry], properties: {} } as const;
    socket.write(encodePacket(packet, scenario.subscriberVersion));
    await once(socket, 'data');
    sockets.push(socket);
  }
  for (let index = 0; index < scenario.publishers; index++) {
    publishers.push(new Publisher(await open(port, `publisher-${index}`, scenario.publisherVersion), run, index));
  }
  for (const [index, socket] of sockets.entries()) new Subscriber(socket, run, index, publishers);
  const finished = new Promise<GeneratorResult>((resolve) => {
    run.finish = resolve;
  });
  for (const publisher of publishers) publisher.pump();
  return finished;
}

const [, , name, port, pid] = process.argv;
const scenario = scenarios.find((one) => one.name === name);
if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
console.log(JSON.stringify(await play(scenario, Number(port), Number(pid))));
process.exit(0);
