// AppPlace: where a program runs: what an app must know of its process
// beside the four ports. Tests put a log and a way to serve HTTP of
// their own here. It is fixed for the life of the app.
import type { Log } from '../base/log.ts';
import type { Environment } from '../config/hocon-references.ts';
import type { ServeHttp } from '../ports/http-server.ts';

/** What a program that is managed over the API may be told: to end in order, or to end and begin anew. */
export type RunControl = 'stop' | 'restart';

/** The surroundings of an app. */
export interface AppPlace {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** The name of this machine. */
  readonly hostname: string;
  /** The path of the configuration, and the environment that it is read with. */
  readonly path: string;
  readonly environment: Environment;
  /** Default: what the configuration says. */
  readonly log?: Log;
  /** Told what the API wants of the program; absent: the API refuses to ask for it. */
  readonly onControl?: (wanted: RunControl) => void;
  /** Default: through Node. */
  readonly serve?: ServeHttp;
}
