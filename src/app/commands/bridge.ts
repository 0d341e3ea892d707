// `viaduct bridge`: the bridges of a running Viaduct, over its API. Keys are those of the configuration file, levels
// with dots between; a change is checked as the file is, and kept in the overlay.
// Bounded: one request, for `test` as long as its steps take.
import { UsageError } from '../../base/errors.ts';
import { patchAt, patched } from '../../config/config-tree.ts';
import type { AppliedReply, BridgeReply, BridgeView, TestReply } from '../../http/api-config-types.ts';
import { apiArguments, apiFlagsHelp, pathWord } from './api-client.ts';
import { bridgeMessages, messagesHelp, messageVerbs } from './bridge-messages.ts';
import { bridgeReplay, replayHelp } from './bridge-replay.ts';
import { type Command, ExitCode } from './command-io.ts';
import { screenOf } from './screen.ts';
import {
  bridgeLines,
  forecastLines,
  laneLines,
  latencyLines,
  limitLines,
  planLines,
  ruleLines,
} from './status-view.ts';
import { Colour, paintOf, type Screen, wrapped } from './text-table.ts';

/** The command. */
export const bridge: Command = {
  name: 'bridge',
  help: `Usage: viaduct bridge list
       viaduct bridge show NAME
       viaduct bridge add NAME KEY=VALUE...      server=mqtt-tcp://broker:1883 clientid=edge-1
       viaduct bridge set NAME KEY=VALUE...      KEY= removes it
       viaduct bridge pause|resume|enable|disable|remove|test NAME
${messagesHelp}
${replayHelp}

VALUE is a text, or JSON where it begins with [ or {: forwards='[{"local_topic":"a/#","remote_topic":"b/#"}]'

${apiFlagsHelp}`,
  run: async (args, io) => {
    const { words, isJson, isHelp, api } = await apiArguments(args, io);
    if (isHelp) {
      io.write(`${bridge.help}\n`);
      return ExitCode.done;
    }
    const [verb = '', name, ...keys] = words;
    const screen = screenOf(io);
    const path = (): string => `/bridges/${pathWord(name, 'the name of a bridge')}`;
    const tell = (reply: unknown, lines: readonly string[]): void =>
      io.write(isJson ? `${JSON.stringify(reply)}\n` : lines.map((line) => `${line}\n`).join(''));
    if (verb === 'list') {
      const all = await api.ask<readonly BridgeView[]>('GET', '/bridges');
      tell(all, bridgeLines(all, screen));
    } else if (verb === 'show') {
      const one = await api.ask<BridgeReply>('GET', path());
      tell(one, [
        ...bridgeLines([one], screen),
        ...ruleLines(one, screen),
        ...laneLines(one, screen),
        ...latencyLines(one),
        ...forecastLines(one),
        ...limitLines(one),
        ...planLines(one),
        '',
        JSON.stringify(one.config, undefined, 2),
      ]);
    } else if (verb === 'add') {
      tellChange(await api.ask('POST', '/bridges', { name, config: treeOf(keys) }), tell);
    } else if (verb === 'set') {
      tellChange(await api.ask('PATCH', path(), treeOf(keys)), tell);
    } else if (verb === 'remove') {
      tellChange(await api.ask('DELETE', path()), tell);
    } else if (verb === 'enable' || verb === 'disable') {
      tellChange(await api.ask('POST', `${path()}/${verb}`), tell);
    } else if (verb === 'pause' || verb === 'resume') {
      await api.ask('POST', `${path()}/${verb}`);
      tell(null, [verb === 'pause' ? `${name} is paused: messages wait in its queue` : `${name} sends again`]);
    } else if (verb === 'test') {
      const reply = await api.ask<TestReply>('POST', '/bridges/test', { name });
      tell(reply, stepLines(reply, screen));
      if (!reply.isOk) return ExitCode.failed;
    } else if (verb === 'replay') {
      await bridgeReplay(keys, { api, path: path(), tell }, io.ports.clock.wallMs());
    } else if (messageVerbs.includes(verb)) {
      await bridgeMessages(verb, keys, { api, path: path(), tell, screen });
    } else {
      const more = messageVerbs.join(', ');
      throw new UsageError(
        'FLAG',
        `expected list, show, add, set, pause, resume, enable, disable, remove, test, replay, ${more}`,
      );
    }
    return ExitCode.done;
  },
};

type Tell = (reply: unknown, lines: readonly string[]) => void;

function tellChange(reply: AppliedReply, tell: Tell): void {
  const findings = reply.findings.map(({ code, path, text }) => `note: ${path}: ${text} [${code}]`);
  tell(reply, [
    ...reply.diff.map(({ path, after }) => `${path} = ${after === undefined ? '(removed)' : JSON.stringify(after)}`),
    ...findings,
  ]);
}

/** The steps of a test, and below each what can be done about it. */
function stepLines({ isOk, steps }: TestReply, screen: Screen): readonly string[] {
  const paint = paintOf(screen);
  const colours = { ok: Colour.green, warning: Colour.yellow, failed: Colour.red } as const;
  const lines = steps.flatMap(({ state, name, ms, detail, remedy }) => {
    const head = `${paint(state.padEnd(8), colours[state])} ${name.padEnd(10)} ${`${Math.round(ms)} ms`.padStart(9)}  `;
    const [first = '', ...more] = wrapped(detail, ' '.repeat(31), screen);
    const advice = remedy === '' ? [] : wrapped(remedy, ' '.repeat(31), screen).map((line) => paint(line, Colour.dim));
    return [`${head}${first.trimStart()}`, ...more, ...advice];
  });
  return [...lines, '', isOk ? paint('everything works', Colour.green) : paint('it does not work', Colour.red)];
}

/** `a.b=c` -> `{ a: { b: 'c' } }`; what comes later wins. */
function treeOf(keys: readonly string[]): unknown {
  let tree: unknown = {};
  for (const key of keys) {
    const at = key.indexOf('=');
    if (at <= 0) throw new UsageError('FLAG', `${key}: expected KEY=VALUE`);
    const path = key.slice(0, at).split('.');
    const value = valueIn(key.slice(at + 1));
    // a patch would take null for its own
    tree = value === null ? mergedNull(tree, path) : patched(tree, patchAt(path, value));
  }
  return tree;
}

function mergedNull(tree: unknown, path: readonly string[]): unknown {
  const mark = '\u0000';
  const text = JSON.stringify(patched(tree, patchAt(path, mark)));
  return JSON.parse(text.replaceAll(JSON.stringify(mark), 'null'));
}

function valueIn(text: string): unknown {
  if (text === '') return null;
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('FLAG', `${text}: expected JSON`, { cause: error });
  }
}
