// FirstInverse: the name of a topic on the other side
// of a bridge, by the rules of the other direction, as
// response topics need it. Pure.

/** What the first rule that can says of a topic on its other side. */
export function firstInverse(
  rules: readonly { readonly inverse: (topic: string) => string | undefined }[],
  topic: string,
): string | undefined {
  for (const rule of rules) {
    const found = rule.inverse(topic);
    if (found !== undefined) return found;
  }
  return undefined;
}
