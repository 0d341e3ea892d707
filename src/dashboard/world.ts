// World: the browser as the pages know it: time, timers, requests, the event stream, storage and the address. The only
// file that touches them, so that everything else says plainly what it needs. Bounded: one request waits at most
// `requestMsMax`.

/** How long a request may take, ms; a connection test of a bridge takes longest. */
const requestMsMax = 60_000;

/** Now, ms since 1970. */
export function now(): number {
  return Date.now();
}

/** Calls once after `ms`; the returned function calls it off. */
export function after(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

/** Calls every `ms` while the page is seen; the returned function ends it. */
export function every(ms: number, call: () => void): () => void {
  const timer = setInterval(() => {
    if (!document.hidden) call();
  }, ms);
  return () => clearInterval(timer);
}

/** Sends a request to the own origin. Rejects when no answer comes. */
export function request(path: string, init: RequestInit): Promise<Response> {
  const signal = AbortSignal.timeout(requestMsMax);
  return fetch(path, { credentials: 'same-origin', cache: 'no-store', signal, ...init });
}

/** What this browser remembers under a name; undefined where it remembers nothing or must not. */
export function remembered(name: string): string | undefined {
  try {
    return localStorage.getItem(`viaduct.${name}`) ?? undefined;
  } catch {
    // a browser that keeps nothing: choices last as long as the page
    return undefined;
  }
}

/** Has this browser remember a choice; where it must not, the choice lasts as long as the page. */
export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`viaduct.${name}`, value);
  } catch {
    // as above
  }
}

/** Offers a text as a file to save. */
export function offerFile(name: string, content: string, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
