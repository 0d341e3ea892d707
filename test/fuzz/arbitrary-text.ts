// ArbitraryText: configurations with changed lines, and mappings of patterns, targets and topics that are mostly valid.
import type { Chance } from '../kit/chance.ts';
import type { TextCase } from './fuzz-case.ts';

const scraps = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '""" ',
  '${?x}',
  '${a.b}',
  '=',
  '+=',
  ':',
  ',',
  '#',
  '//',
  '\\u12',
  '\n',
  '1e999',
];
const words = ['include "x"', 'listeners', 'bridges.mqtt', '__proto__', '-1', '0.5', '99999999999999999999', '10GB'];
const levels = ['a', 'b', '', '+', '#', '$SYS', '$1', '$2', '$#', 'ä', '+x', '$share', '$$'];

/** A case about text. */
export function arbitraryText(chance: Chance, configs: readonly string[]): TextCase {
  return chance.isTrue(0.5) ? configCase(chance, configs) : mappingCase(chance);
}

function configCase(chance: Chance, configs: readonly string[]): TextCase {
  let text = chance.pick(configs);
  const count = chance.int(1, 6);
  for (let index = 0; index < count; index++) text = changedText(text, chance);
  return { target: 'config', text: text.slice(0, 20_000) };
}

function changedText(text: string, chance: Chance): string {
  const from = chance.int(0, text.length);
  const to = Math.min(text.length, from + chance.int(0, 30));
  const piece = text.slice(from, to);
  const lines = text.split('\n');
  const line = chance.int(0, lines.length - 1);
  switch (chance.int(0, 4)) {
    case 0:
      return text.slice(0, from) + text.slice(to);
    case 1:
      return text.slice(0, to) + piece + text.slice(to);
    case 2:
      return text.slice(0, from) + chance.pick(scraps) + text.slice(from);
    case 3:
      return text.slice(0, from) + chance.pick(words) + text.slice(to);
    default:
      return [...lines.slice(0, line), ...lines.slice(line + 1), lines[line] ?? ''].join('\n');
  }
}

function mappingCase(chance: Chance): TextCase {
  const text = (): string => Array.from({ length: chance.int(1, 5) }, () => chance.pick(levels)).join('/');
  const [pattern, target, topic] = [text(), chance.isTrue(0.2) ? '' : text(), text()];
  const prefix = chance.isTrue(0.2) ? text() : undefined;
  const suffix = chance.isTrue(0.2) ? text() : undefined;
  return { target: 'mapping', text: JSON.stringify({ pattern, target, topic, prefix, suffix }) };
}
