// Schema: a whole configuration, section by section. What the incumbent has and this
// version has not is refused unless it is switched off; every fault of a file is
// told, not only the first.
import * as v from 'valibot';
import type { Config } from './config-types.ts';
import { present } from './present.ts';
import { authKind } from './schema-access.ts';
import { type BridgeDraft, bridgeKind } from './schema-bridge.ts';
import { logKind } from './schema-broker.ts';
import { type CacheDraft, cacheKind, dataKind, dataOf } from './schema-data.ts';
import { httpServerKind } from './schema-http.ts';
import { listenersKind } from './schema-listeners.ts';
import { drainKind, mqttKind } from './schema-mqtt.ts';
import { ignored, type Kind, keyPath, noArray, objectExpected, section, switchedOff } from './schema-values.ts';

interface MqttDraft {
  readonly cache: CacheDraft | undefined;
  readonly named: readonly (readonly [string, BridgeDraft])[];
}

/** Bridges by their names; `bridges.mqtt.cache` is none of them. */
const mqttBridges: Kind<MqttDraft> = v.pipe(
  noArray,
  v.objectWithRest({ cache: v.optional(cacheKind) }, bridgeKind, objectExpected),
  // a name stands in topics, addresses and paths of keys
  v.rawCheck(({ dataset, addIssue }) => {
    const named: unknown = dataset.value;
    if (typeof named !== 'object' || named === null) return;
    for (const name of Object.keys(named)) {
      if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) continue;
      const message = 'expected a name of 1 to 64 letters, digits, _ and -';
      addIssue({ message, expected: 'never', path: [keyPath(named, name)] });
    }
  }),
  v.transform(({ cache, ...named }) => ({ cache, named: Object.entries(named) })),
);

const bridges: Kind<BridgesDraft> = v.pipe(
  section({
    mqtt: v.optional(mqttBridges, {}),
    aws: v.optional(switchedOff),
    nng: v.optional(switchedOff),
  }),
  v.transform(({ mqtt: { cache, named } }) => ({
    cache,
    bridgesOff: named.filter(([, { isEnabled }]) => !isEnabled).map(([name]) => name),
    bridges: named
      .filter(([, { isEnabled }]) => isEnabled)
      .map(([name, { config }]) => ({
        ...config,
        name,
        clientId: config.clientId === '' ? `viaduct-${name}` : config.clientId,
      })),
  })),
);

interface BridgesDraft {
  readonly cache: CacheDraft | undefined;
  readonly bridges: Config['bridges'];
  readonly bridgesOff: readonly string[];
}

const root: Kind<Config> = v.pipe(
  section({
    system: v.optional(ignored),
    listeners: v.optional(listenersKind, {}),
    mqtt: v.optional(mqttKind, {}),
    auth: v.optional(authKind, {}),
    log: v.optional(logKind, {}),
    drain: v.optional(drainKind, {}),
    data: v.optional(dataKind, {}),
    bridges: v.optional(bridges, {}),
    http_server: v.optional(httpServerKind),
    sqlite: v.optional(cacheKind),
    preset: v.optional(switchedOff),
    webhook: v.optional(switchedOff),
    rules: v.optional(switchedOff),
    exchange_client: v.optional(switchedOff),
    parquet: v.optional(switchedOff),
    plugin: v.optional(switchedOff),
  }),
  v.transform(({ listeners, mqtt, auth, log, drain, data, sqlite, bridges: all, http_server: http }) => ({
    listeners,
    mqtt,
    auth,
    log,
    drain,
    ...present({ data: dataOf(data, [all.cache, sqlite]), http }),
    bridges: all.bridges,
    ...(all.bridgesOff.length === 0 ? {} : { bridgesOff: all.bridgesOff }),
  })),
);

/** Something that the schema does not accept. */
export interface SchemaIssue {
  readonly path: readonly string[];
  readonly message: string;
  /** It is the key that is wrong, whatever its value. */
  readonly isAboutKey: boolean;
}

/** Checks plain values. Returns the configuration, or everything that is wrong. */
export function checkSchema(plain: unknown): Config | readonly SchemaIssue[] {
  const result = v.safeParse(root, plain);
  if (result.success) return result.output;
  return result.issues.map((issue) => ({
    path: (issue.path ?? []).map((item) => String(item.key)),
    message: issue.message,
    isAboutKey: issue.expected === 'never',
  }));
}
