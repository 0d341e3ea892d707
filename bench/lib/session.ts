// BenchSession: runs scenarios against peers, interleaved, each peer with a fresh process for every run and taking
// turns in being first, and keeps what came of it. Bounded by scenarios, peers and rounds.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Peer, type RunningPeer, startPeer, startRemote } from '../peers.ts';
import type { GeneratorResult, GeneratorTask } from './generator.ts';
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
}

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

  /** Plays all scenarios in all rounds. */
  async play(scenarios: readonly Scenario[]): Promise<void> {
    const { rounds, seconds } = this.#options;
    const perRound = scenarios.reduce((sum, one) => sum + one.warmup + secondsOf(one, seconds) + 1, 0);
    let left = Math.round(perRound * rounds * this.#peers.length);
    for (let round = 0; round < rounds; round++) {
      for (const scenario of scenarios) {
        const first = round % this.#peers.length;
        for (const peer of [...this.#peers.slice(first), ...this.#peers.slice(0, first)]) {
          left -= Math.round(scenario.warmup + secondsOf(scenario, seconds) + 1);
          this.#tell(await this.#measure(scenario, peer), `${round + 1}/${rounds}`, left);
        }
      }
    }
  }

  #tell(what: string, round: string, left: number): void {
    if (what !== '') console.log(`round ${round}  ${what}  about ${Math.max(left, 0)} s to go`);
  }

  async #measure(scenario: Scenario, peer: Peer): Promise<string> {
    if (this.#missing.has(peer.name) || peer.plays?.(scenario) === false) return '';
    const remote = scenario.isBridge ? await startRemote() : undefined;
    let broker: RunningPeer | undefined;
    try {
      broker = await startPeer(peer, { ...scenario, remotePort: remote?.port });
      if (broker === undefined) {
        this.#missing.add(peer.name);
        return `${peer.name} is left out: it is not installed`;
      }
      if (remote) await new Promise((resolve) => setTimeout(resolve, 1500)); // the bridge connects
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
      seconds: secondsOf(scenario, this.#options.seconds),
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

/** Few messages need more time, for the CPU is counted in steps of 10 ms. */
function secondsOf(scenario: Scenario, seconds: number): number {
  return scenario.perSecond > 0 || scenario.window === 1 ? Math.max(4, seconds) : seconds;
}

function emptyRow(scenario: string, peer: string): Row {
  return { scenario, peer, cpuUs: [], perSecond: [], peakMb: [], p50Ms: [], p99Ms: [], lost: 0, reordered: 0 };
}

function peakMbOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024;
}
