// The section `log`: where, how much and in which form the broker tells what it does.
// Keys of the incumbent that mean nothing here are accepted and explained by a note;
// what changes nothing is never silent.
import * as v from 'valibot';
import type { LogConfig } from './config-types.ts';
import { ignored, type Kind, oneOf, section, text, texts } from './schema-values.ts';

/** Where log lines go. */
const targets: Kind<{ readonly isFile: boolean }> = v.pipe(
  texts(text),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const wrong = dataset.value.find((one) => one !== 'file' && one !== 'console');
    if (wrong === undefined) return { isFile: dataset.value.includes('file') };
    addIssue({ message: `${wrong} is not available in this version; expected file or console` });
    return NEVER;
  }),
);

/** `log`. */
export const logKind: Kind<LogConfig> = v.pipe(
  section({
    to: v.optional(targets, 'console'),
    level: v.optional(
      oneOf({ trace: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error', fatal: 'fatal' } as const),
      'info',
    ),
    format: v.optional(oneOf({ json: 'json', text: 'text', auto: 'auto' } as const), 'auto'),
    dir: v.optional(text, '.'),
    file: v.optional(text, 'viaduct.log'),
    rotation: v.optional(ignored),
  }),
  v.transform(({ to, level, format, dir, file }) => ({
    level,
    format,
    ...(to.isFile ? { file: `${dir}/${file}` } : {}),
  })),
);
