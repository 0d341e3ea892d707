// ShownText: what a fault shows of a text that somebody else wrote: on one line, not longer than needed, and without
// the user and the password of an address, since faults go to terminals and logs. Bounded: `shownLengthMax`
// characters; what lies beyond is not even looked at.

const shownLengthMax = 200;

/** The text, shortened, control characters escaped, `mqtt://user:password@host` as `mqtt://***@host`. */
export function shownText(text: string): string {
  const beginning = text.slice(0, shownLengthMax).replace(/^([a-z0-9+-]+:\/\/)?\S*:\S*@/i, '$1***@');
  const line = /\p{Cc}|\p{Cs}/u.test(beginning) ? JSON.stringify(beginning) : beginning;
  return text.length > shownLengthMax ? `${line}...` : line;
}
