// HivemqTarget: a destination of HiveMQ Edge as a target of ours. There `{#}` is the whole topic, `{2}` its
// second level, `{2-3}` and `{2-#}` a piece of it, `$ENV{X}` a variable, `${bridge.name}` the bridge; levels
// are counted in the topic, ours in the wildcards of the filter, so the filter says what each level is.

/** The target for messages of one filter, or why there is none. */
export function hivemqTarget(destination: string, filter: string): string | { readonly fault: string } {
  const levels = levelsOf(filter);
  let fault: string | undefined;
  const target = destination
    .replace(/\$ENV\{(\w+)\}/g, (_whole, name: string) => `\${env:${name}}`)
    .replaceAll(/\$\{bridge\.name\}/g, () => `\${bridge}`)
    .replace(/(?<!\$)\{(#|\d+)(?:-(#|\d+))?\}/g, (whole, from: string, to: string | undefined) => {
      const first = from === '#' ? 1 : Number(from);
      const last = from === '#' || to === '#' ? levels.length : Number(to ?? from);
      const piece = levels.slice(first - 1, last);
      const isOpen = from === '#' || to === '#';
      const isWhole = piece.length === last - first + 1 && (isOpen || !piece.includes('$#'));
      if (!isWhole) fault = `${whole} asks for levels of the topic that '${filter}' does not name one by one`;
      return piece.join('/');
    });
  return fault === undefined ? target : { fault };
}

function levelsOf(filter: string): readonly string[] {
  let wildcards = 0;
  return filter
    .replace(/^\$share\/[^/]+\//, '')
    .split('/')
    .map((level) => {
      if (level === '#') return '$#';
      return level === '+' ? `$${++wildcards}` : level;
    });
}
