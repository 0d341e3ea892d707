// PartScript: what esbuild writes as modules that import each other, as bodies of functions. The one file holds them
// side by side, and each is compiled when it is needed: `need` gives what another part exports, `load` promises it.
// Names are bound once, by destructuring, so that calls between parts cost what calls within one do.
// It knows the few forms in which esbuild writes imports and exports; whatever else is left over does not compile, and
// stops the build. Bounded by the text.

/** What a part is made of. */
export interface PartModule {
  /** A minified module. */
  readonly text: string;
  /** The name of the part for the path by which a module imports it; undefined for a path that is none. */
  readonly partOf: (path: string) => string | undefined;
}

/** Only at the beginning of a statement. */
const imports =
  /(?<=^|[;}\n])import(?:\s*([\w$]+)\s*,?)?(?:\s*\{([^}]*)\}|\s*\*\s*as\s+([\w$]+))?\s*(?:from)?\s*"([^"]+)";/g;
const lateImports = /\bimport\("([^"]+)"\)/g;
const exports = /(?<=^|[;}\n])export\s*\{([^}]*)\};?\s*$/;

/** The body of the function of a module, in ASCII; it gets `need`, `load` and `require`. */
export function partScript({ text, partOf }: PartModule): string {
  const source = inAscii(text).replace(/^#!.*\n/, '');
  const bindings = [...source.matchAll(imports)].map(([, whole, names, space, path = '']) => {
    const part = partOf(path);
    const exported = part === undefined ? `require("${path}")` : `need("${part}")`;
    // an import for nothing but its effects is left out: no module of ours has any
    return [
      whole === undefined ? '' : `const ${whole}=${exported};`,
      names === undefined ? '' : `const{${pairs(names, ([theirs, ours]) => [theirs, ours])}}=${exported};`,
      space === undefined ? '' : `const ${space}=${exported};`,
    ].join('');
  });
  const body = source
    .replace(imports, '')
    .replace(lateImports, (all, path: string) => {
      const part = partOf(path);
      return part === undefined ? all : `load("${part}")`;
    })
    .replace(exports, (_all, names: string) => `return{${pairs(names, ([ours, theirs]) => [theirs, ours])}};`);
  return `"use strict";${bindings.join('')}${body.trim()}`;
}

type Pair = readonly [string, string];

/** `a as b, c` as `a:b,c:c`, in the order that `ordered` makes of the two. */
function pairs(list: string, ordered: (pair: Pair) => Pair): string {
  const names = list.split(',').filter((name) => name.trim() !== '');
  return names
    .map((name) => {
      const [one = '', other = one] = name.trim().split(/\s+as\s+/);
      return ordered([one, other]).join(':');
    })
    .join(',');
}

/**
 * One character beyond Latin-1 anywhere, and V8 keeps two bytes for each of the whole source. esbuild escapes those of
 * texts, but leaves them in regular expressions, where the same escape means the same.
 */
function inAscii(source: string): string {
  return source.replace(/[\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
