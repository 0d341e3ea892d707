// BenchSession: runs scenarios against peers, interleaved, each peer with a fresh process for every run and taking
// turns in being first, and keeps what came of it. Bounded by scenarios, peers and rounds.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Peer, type RunningPeer, startPeer, startRemote } from '../peers.ts';
import type { GeneratorResult, GeneratorTask } from './generator.ts';
import { Progress } from './progress.ts';
import type { Scenario } from './scenario.ts';

const run = promisify(execFile);

/** One peer in one scenario, all rounds. */
export interface Row {
  readonly scenario: string;
  readonly peer: string;
  /** Microseconds of CPU for each delivered message, one value a round. */
  readonly cpuUs: number[];
  readonly perSecond: number[];
  /** The most memory that was resident, in MB. */
  readonly peakMb: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  lost: number;
  reordered: number;
}

/** How long, and how often. */
export interface SessionOptions {
  readonly rounds: number;
  /** Seconds that are measured in each run. */
  readonly seconds: number;
  /** The same where few messages come, for CPU is counted in steps of 10 ms. Default 4. */
  readonly steadySeconds?: number;
}

/** What a run takes besides warming up and measuring, in seconds: a start, connects, a drain, an end. */
const aroundSeconds = 0.7;
/** A bridge that has just started finds its remote within this time, in ms. */
const bridgeStartMs = 1500;

/** A bench that is being run. */
export class BenchSession {
  readonly rows: Map<string, Row> = new Map();
  readonly #peers: readonly Peer[];
  readonly #options: SessionOptions;
  readonly #missing = new Set<string>();

  constructor(peers: readonly Peer[], options: SessionOptions) {
    this.#peers = peers;
    this.#options = options;
  }

  /** What came of a peer in a scenario. */
  row(scenario: string, peer: string): Row | undefined {
    return this.rows.get(`${scenario} ${peer}`);
  }

  /** About how long all scenarios take in all rounds, in seconds. */
  secondsFor(scenarios: readonly Scenario[]): number {
    const { rounds } = this.#options;
    let seconds = 0;
    for (const scenario of scenarios) {
      const playing = this.#peers.filter((peer) => this.#mayPlay(peer, scenario)).length;
      seconds += this.#secondsOf(scenario) * playing * rounds;
    }
    return seconds;
  }

  /** Plays all scenarios in all rounds. */
  async play(scenarios: readonly Scenario[]): Promise<void> {
    const { rounds } = this.#options;
    const progress = new Progress(this.secondsFor(scenarios));
    for (let round = 0; round < rounds; round++) {
      for (const scenario of scenarios) await this.#playAll(scenario, round, progress);
    }
  }

  /** Plays a scenario against all peers, another one first in each round. */
  async #playAll(scenario: Scenario, round: number, progress: Progress): Promise<void> {
    const first = round % this.#peers.length;
    for (const peer of [...this.#peers.slice(first), ...this.#peers.slice(0, first)]) {
      if (!this.#mayPlay(peer, scenario)) continue;
      const what = await this.#measure(scenario, peer);
      progress.passed(this.#secondsOf(scenario));
      console.log(progress.line(`round ${round + 1}/${this.#options.rounds}  ${what}`));
    }
  }

  #mayPlay(peer: Peer, scenario: Scenario): boolean {
    return !this.#missing.has(peer.name) && peer.plays?.(scenario) !== false;
  }

  #secondsOf(scenario: Scenario): number {
    const bridge = scenario.isBridge ? bridgeStartMs / 1000 : 0;
    return scenario.warmup + this.#measuredSeconds(scenario) + bridge + aroundSeconds;
  }

  /** Few messages need more time, for the CPU is counted in steps of 10 ms. */
  #measuredSeconds(scenario: Scenario): number {
    const { seconds, steadySeconds = 4 } = this.#options;
    const isSteady = scenario.perSecond > 0 || scenario.window === 1;
    return isSteady ? Math.max(steadySeconds, seconds) : seconds;
  }

  async #measure(scenario: Scenario, peer: Peer): Promise<string> {
    const remote = scenario.isBridge ? await startRemote() : undefined;
    let broker: RunningPeer | undefined;
    try {
      broker = await startPeer(peer, { ...scenario, remotePort: remote?.port });
      if (broker === undefined) {
        this.#missing.add(peer.name);
        return `${peer.name} is left out: it is not installed`;
      }
      if (remote) await new Promise((resolve) => setTimeout(resolve, bridgeStartMs));
      return await this.#play(scenario, peer, broker, remote?.port ?? broker.port);
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      return `${scenario.name} ${peer.name}: did not finish (${reason})`;
    } finally {
      await broker?.stop();
      await remote?.stop();
    }
  }

  async #play(scenario: Scenario, peer: Peer, broker: RunningPeer, subscribePort: number): Promise<string> {
    const task: GeneratorTask = {
      scenario: scenario.name,
      publishPort: broker.port,
      subscribePort,
      pid: broker.pid,
      warmup: scenario.warmup,
      seconds: this.#measuredSeconds(scenario),
    };
    const { stdout } = await run(process.execPath, ['build/bench/lib/generator.js', JSON.stringify(task)], {
      timeout: 60_000,
    });
    const result: GeneratorResult = JSON.parse(stdout);
    const key = `${scenario.name} ${peer.name}`;
    const row = this.rows.get(key) ?? emptyRow(scenario.name, peer.name);
    this.rows.set(key, row);
    row.cpuUs.push(result.cpuUs / result.delivered);
    row.perSecond.push(result.delivered / result.seconds);
    row.peakMb.push(peakMbOf(broker.pid));
    if (result.latencyMs) {
      row.p50Ms.push(result.latencyMs.p50);
      row.p99Ms.push(result.latencyMs.p99);
    }
    row.lost += result.missing;
    row.reordered += result.repeats;
    const cpu = (result.cpuUs / result.delivered).toFixed(3);
    return `${scenario.name.padEnd(14)} ${peer.name.padEnd(10)} ${cpu.padStart(9)} us/msg`;
  }
}

function emptyRow(scenario: string, peer: string): Row {
  return { scenario, peer, cpuUs: [], perSecond: [], peakMb: [], p50Ms: [], p99Ms: [], lost: 0, reordered: 0 };
}

function peakMbOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}
