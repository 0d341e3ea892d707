// TextHash: a number for a text that is the same in every process and in every version: what is shared out by a name,
// among lanes, places or members of a group, stays where it was. FNV-1a over the units of the text.
// Pure; no secret depends on it.

/** The hash of a text, 0 to 2^32 - 1. Its low bits alone follow the last character. */
export function textHash(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  return hash >>> 0;
}
