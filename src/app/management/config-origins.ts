// ConfigOrigins: where each value of a configuration comes from: a line of a file, the overlay, or a variable of the
// environment. What is not in it has its default.
// Bounded by the configuration.
import type { HoconNode } from '../../config/hocon-node.ts';
import type { ConfigOrigin } from '../../http/api-config-types.ts';

const variable = 'environment variable ';

/** The origin of every scalar, by its path. */
export function originsOf(root: HoconNode, overlayPath: string): Readonly<Record<string, ConfigOrigin>> {
  const origins: (readonly [string, ConfigOrigin])[] = [];
  const visit = (node: HoconNode, path: readonly string[]): void => {
    if (node.kind === 'scalar') origins.push([path.join('.'), originOf(node, overlayPath)]);
    else if (node.kind === 'array')
      for (const [index, item] of node.items.entries()) visit(item, [...path, `${index}`]);
    else for (const [key, { value }] of node.entries) visit(value, [...path, key]);
  };
  visit(root, []);
  return Object.fromEntries(origins);
}

function originOf({ at }: HoconNode, overlayPath: string): ConfigOrigin {
  if (at.file.startsWith(variable)) return { kind: 'environment', place: at.file.slice(variable.length) };
  return { kind: at.file === overlayPath ? 'overlay' : 'file', place: `${at.file}:${at.line}` };
}
