// BridgeDraft: a bridge while it is edited: its name, its configuration, and what the server says of
// it so far. Every change asks the server again, once typing rests; the answer to an older question is
// thrown away.
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { CheckReply, ConfigObject, ConfigValue, MapReply } from '../http/api-config-types.ts';
import { sampleTopic } from './addresses.ts';
import { type Api, messageOf } from './api.ts';
import { type EditorTab, ruleForms, tabOf } from './bridge-fields.ts';
import { rulesAt, textAt, withValue } from './config-object.ts';
import { after } from './world.ts';

const restMs = 350;
/** Rules whose effect is shown while typing. */
const previewsMax = 12;

/** What a rule makes of a sample topic. */
export interface Preview {
  readonly list: 'forwards' | 'subscriptions';
  readonly index: number;
  readonly topic: string;
  readonly tried: MapReply['results'][number] | undefined;
}

/** A bridge being edited. */
export class BridgeDraft {
  readonly name: Signal<string>;
  readonly config: Signal<ConfigObject>;
  readonly check: Signal<CheckReply | undefined> = signal(undefined);
  readonly previews: Signal<readonly Preview[]> = signal([]);
  /** Why the server could not be asked. */
  readonly error: Signal<string | undefined> = signal(undefined);
  /** Fields that were touched: others do not complain yet. */
  readonly isTouched: Signal<boolean> = signal(false);
  readonly faultsByTab: ReadonlySignal<ReadonlySet<EditorTab>>;
  readonly #api: Api;
  #turn = 0;
  #cancel: () => void = () => undefined;

  constructor(api: Api, name: string, config: ConfigObject) {
    this.#api = api;
    this.name = signal(name);
    this.config = signal(config);
    this.faultsByTab = computed(() => new Set((this.check.value?.faults ?? []).map(({ path }) => tabOf(path))));
    this.#ask();
  }

  /** Sets a key; undefined or an empty text takes it out. */
  set(path: string, value: ConfigValue | undefined): void {
    this.config.value = withValue(this.config.value, path, value);
    this.#changed();
  }

  /** Names it. */
  setName(name: string): void {
    this.name.value = name;
    this.#changed();
  }

  /** Replaces a list of rules. */
  setRules(list: string, rules: readonly ConfigObject[]): void {
    this.config.value = withValue(this.config.value, list, rules.length === 0 ? undefined : rules);
    this.#changed();
  }

  /** What is wrong with a key such as `server` or `forwards.0.qos`, once somebody typed. */
  faultOf(path: string): string | undefined {
    if (!this.isTouched.value) return undefined;
    const fault = (this.check.value?.faults ?? []).find((one) => pathInBridge(one.path) === path);
    return fault?.expected;
  }

  /** Ends the questions. */
  close(): void {
    this.#cancel();
    this.#turn++;
  }

  #changed(): void {
    this.isTouched.value = true;
    this.#cancel();
    this.#cancel = after(restMs, () => this.#ask());
  }

  #ask(): void {
    const turn = ++this.#turn;
    const config = this.config.value;
    const name = this.name.value === '' ? 'new-bridge' : this.name.value;
    this.#api.post<CheckReply>('/bridges/check', { name, config }).then(
      (reply) => {
        if (turn !== this.#turn) return;
        this.check.value = reply;
        this.error.value = undefined;
        if (reply.isValid) void this.#preview(turn, config);
        // what rules made before they were wrong says nothing now
        else this.previews.value = [];
      },
      (error: unknown) => {
        if (turn === this.#turn) this.error.value = messageOf(error);
      },
    );
  }

  async #preview(turn: number, config: ConfigObject): Promise<void> {
    const rules = (['forwards', 'subscriptions'] as const).flatMap((list) =>
      rulesAt(config, ruleForms[list].list).map((rule, index) => ({ list, index, rule })),
    );
    const previews = rules.slice(0, previewsMax).map(async ({ list, index, rule }): Promise<Preview> => {
      const topic = sampleTopic(textAt(rule, ruleForms[list].filter));
      const reply = await this.#api.post<MapReply>('/bridges/map', { topic, config });
      return { list, index, topic, tried: reply.results.find((one) => one.list === list && one.index === index) };
    });
    const done = await Promise.allSettled(previews);
    if (turn !== this.#turn) return;
    this.previews.value = done.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  }
}

/** A path of the whole configuration as one of the bridge: `bridges.mqtt.plant7.server` is `server`. */
export function pathInBridge(path: string): string {
  return path.replace(/^bridges\.mqtt\.[^.]+\.?/, '');
}
