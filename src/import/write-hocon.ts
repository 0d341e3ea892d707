// WriteHocon: an imported tree as a file in our format, to be read and edited by a person: sections with dots as far as
// they have one child, rules on lines of their own, texts in quotes.
// What it writes reads back as the same values.
import type { ImportedNode, ImportedTree } from './imported-tree.ts';

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const plainValue = /^(?:[A-Za-z][A-Za-z0-9_-]*|\d+(?:ms|s|m|h|d|KB|MB|GB)?)$/;
const lineLengthMax = 110;

/** The text of a tree. */
export function writeHocon(tree: ImportedTree): string {
  return [...tree.root.entries].map(([key, node]) => `${entryOf([key], node, '')}\n`).join('\n');
}

function entryOf(path: readonly string[], node: ImportedNode, indent: string): string {
  if (node.kind === 'map') {
    const [only, ...others] = [...node.entries];
    if (only !== undefined && others.length === 0 && only[1].kind === 'map')
      return entryOf([...path, only[0]], only[1], indent);
    const inner = [...node.entries].map(([key, value]) => `${entryOf([key], value, `${indent}  `)}\n`).join('');
    return `${indent}${keyOf(path)} {\n${inner}${indent}}`;
  }
  return `${indent}${keyOf(path)} = ${textOf(node, indent)}`;
}

function textOf(node: ImportedNode, indent: string): string {
  if (node.kind === 'value') {
    return typeof node.value === 'string' ? quoted(node.value) : `[${node.value.map(quoted).join(', ')}]`;
  }
  if (node.kind === 'list') {
    const items = node.items.map((item) => `${indent}  ${textOf(item, `${indent}  `)}\n`);
    return `[\n${items.join('')}${indent}]`;
  }
  const entries = [...node.entries].map(([key, value]) => `${keyOf([key])} = ${textOf(value, indent)}`);
  const line = `{ ${entries.join(', ')} }`;
  if (line.length + indent.length <= lineLengthMax) return line;
  return `{\n${entries.map((entry) => `${indent}  ${entry}\n`).join('')}${indent}}`;
}

function keyOf(path: readonly string[]): string {
  return path.map((key) => (plainKey.test(key) ? key : JSON.stringify(key))).join('.');
}

function quoted(text: string): string {
  return plainValue.test(text) ? text : JSON.stringify(text);
}
