// AppPlace: where a program runs: what an app must know of its process
// beside the four ports. Tests put a log and a way to serve HTTP of
// their own here. It is fixed for the life of the app.
import type { Log } from '../base/log.ts';
import type { Environment } from '../config/hocon-references.ts';
import type { ServeHttp } from '../ports/http-server.ts';

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
  /** Default: through Node. */
  readonly serve?: ServeHttp;
}
