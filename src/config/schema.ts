// Schema: a whole configuration, section by section. What the incumbent has and this version has not is refused unless it is
// switched off; every fault of a file is told, not only the first.
import * as v from 'valibot';
import type { Config } from './config-types.ts';
import { bridgeKind } from './schema-bridge.ts';
import { authKind, logKind, mqttKind } from './schema-broker.ts';
import { listenersKind } from './schema-listeners.ts';
import { ignored, type Kind, section, switchedOff } from './schema-values.ts';

const bridges: Kind<Config['bridges']> = v.pipe(
  section({
    mqtt: v.optional(v.pipe(v.unknown(), v.transform(withoutCache), v.union([v.record(v.string(), bridgeKind)])), {}),
    aws: v.optional(switchedOff),
  }),
  v.transform(({ mqtt }) =>
    Object.entries(mqtt)
      .filter(([, { isEnabled }]) => isEnabled)
      .map(([name, { config }]) => ({
        ...config,
        name,
        clientId: config.clientId === '' ? `viaduct-${name}` : config.clientId,
      })),
  ),
);

/** `bridges.mqtt.cache` is no bridge; switched off, it is nothing at all. */
function withoutCache(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('cache' in value)) return value;
  const { cache, ...rest } = value;
  return v.safeParse(switchedOff, cache).success ? rest : value;
}

const root: Kind<Config> = v.pipe(
  section({
    system: v.optional(ignored),
    listeners: v.optional(listenersKind, { tcp: {} }),
    mqtt: v.optional(mqttKind, {}),
    auth: v.optional(authKind, {}),
    log: v.optional(logKind, {}),
    bridges: v.optional(bridges, {}),
    http_server: v.optional(switchedOff),
    sqlite: v.optional(switchedOff),
    preset: v.optional(switchedOff),
    webhook: v.optional(switchedOff),
    rules: v.optional(switchedOff),
    exchange_client: v.optional(switchedOff),
    parquet: v.optional(switchedOff),
    plugin: v.optional(switchedOff),
  }),
  v.transform(({ listeners, mqtt, auth, log, bridges: all }) => ({ listeners, mqtt, auth, log, bridges: all })),
);

/** Something that the schema does not accept. */
export interface SchemaIssue {
  readonly path: readonly string[];
  readonly message: string;
}

/** Checks plain values. Returns the configuration, or everything that is wrong. */
export function checkSchema(plain: unknown): Config | readonly SchemaIssue[] {
  const result = v.safeParse(root, plain);
  if (result.success) return result.output;
  return result.issues.map((issue) => ({
    path: (issue.path ?? []).map((item) => String(item.key)),
    message: issue.message,
  }));
}
