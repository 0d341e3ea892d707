// Placeholders: names inside quoted texts that stand for something the machine knows, replaced before anything is
// checked, so that one file serves a thousand gateways:
//
//   ${env:NAME}   a variable of the environment; one that is not set is a fault
//   ${hostname}   the name of this machine
//   ${bridge}     the name of the bridge, within its section
//   ${VIN}        the variable NANOMQ_VIN, as the incumbent has it; not set, it stays as it is
//
// `${clientid}`, `${username}` and `${payload:FIELD}` are not of this kind: they are filled in for each message.
import type { HoconNode, HoconObject } from './hocon-node.ts';
import { type Environment, textOfScalar } from './hocon-references.ts';
import type { SchemaIssue } from './schema.ts';

/** What placeholders stand for. */
export interface Machine {
  readonly environment: Environment;
  readonly hostname: string;
}

const placeholder = /\$\{(env:[A-Za-z_][A-Za-z0-9_]*|hostname|bridge|VIN)\}/g;

/** Replaces all placeholders of a configuration in place. Returns what stands for nothing. */
export function replacePlaceholders(root: HoconObject, machine: Machine): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  visit(root, [], machine, issues);
  return issues;
}

function visit(node: HoconNode, path: readonly string[], machine: Machine, issues: SchemaIssue[]): void {
  if (node.kind === 'array') {
    for (const [index, item] of node.items.entries()) {
      const itemPath = [...path, String(index)];
      node.items[index] = replaced(item, itemPath, machine, issues);
      visit(item, itemPath, machine, issues);
    }
  } else if (node.kind === 'object') {
    for (const [key, entry] of node.entries) {
      const entryPath = [...path, key];
      entry.value = replaced(entry.value, entryPath, machine, issues);
      visit(entry.value, entryPath, machine, issues);
    }
  }
}

function replaced(node: HoconNode, path: readonly string[], machine: Machine, issues: SchemaIssue[]): HoconNode {
  if (node.kind !== 'scalar') return node;
  const before = textOfScalar(node);
  const text = before.replace(placeholder, (whole, name: string) => {
    if (name === 'hostname') return machine.hostname;
    if (name === 'VIN') return machine.environment.NANOMQ_VIN ?? whole;
    if (name === 'bridge') return path[0] === 'bridges' && path[1] === 'mqtt' ? (path[2] ?? whole) : whole;
    const value = machine.environment[name.slice(4)];
    if (value !== undefined) return value;
    issues.push({ path, message: `expected the environment to have a variable ${name.slice(4)}`, isAboutKey: false });
    return whole;
  });
  return text === before ? node : { ...node, parts: [{ kind: 'text', text }] };
}
