// ServerSecrets: what a bridge shows to one of its servers and what it trusts, as it is at the moment of dialling:
// certificates and keys are read from their files again, a password from its file or out of a command. A file of
// certificates that cannot be read leaves what was there; without its password nothing is dialled.
//
// Bounded: a command by its time and output, a file by what a password may hold.
import { LinkError, messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Disk, TlsOptions } from '../ports/ports.ts';
import { endOfCertificate, endOfToken } from '../secrets/certificate-end.ts';
import type { BridgeOptions, RemoteOptions } from './bridge-options.ts';

/** Runs a program for one line of its output. */
export type RunCommand = (options: {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}) => Promise<string>;

/** Where secrets come from. */
export interface SecretSources {
  readonly disk: Disk;
  readonly log: Log;
  /** Absent: commands cannot be run here. */
  readonly runCommand?: RunCommand;
}

/** The secrets for one server. */
export class ServerSecrets {
  readonly username: string | undefined;
  readonly #sources: SecretSources;
  readonly #bridge: BridgeOptions;
  readonly #files: RemoteOptions['tlsFiles'];
  readonly #isPasswordOwn: boolean;
  #password: string | undefined;
  #tls: TlsOptions | undefined;
  #certificateEnd: number | undefined;

  constructor(options: RemoteOptions, bridge: BridgeOptions, sources: SecretSources) {
    const { username, password } = options;
    this.#sources = sources;
    this.#bridge = bridge;
    this.#files = options.tlsFiles;
    this.username = username ?? bridge.username;
    // a user of its own has a password of its own
    this.#isPasswordOwn = username !== undefined || password !== undefined;
    this.#password = username === undefined ? (password ?? bridge.password) : password;
    this.#setTls(options.tls);
  }

  /** Whether they have to be read before dialling. */
  get areRead(): boolean {
    return this.#files !== undefined || this.#isPasswordRead;
  }

  /** The password as it was read last. */
  get password(): string | undefined {
    return this.#password;
  }

  /** TLS as it was read last. */
  get tls(): TlsOptions | undefined {
    return this.#tls;
  }

  /** When our certificate ends, in ms since 1970. */
  get certificateEnd(): number | undefined {
    return this.#certificateEnd;
  }

  /** When a password that is read ends, being a token, in ms since 1970. */
  get passwordEnd(): number | undefined {
    return this.#isPasswordRead && this.#password !== undefined ? endOfToken(this.#password) : undefined;
  }

  /** Reads them. Rejects with LinkError where there is no password. */
  async read(signal: AbortSignal): Promise<void> {
    if (this.#files !== undefined) this.#setTls({ ...this.#tls, ...(await this.#readFiles(this.#files)) });
    if (this.#isPasswordRead) this.#password = await this.#readPassword(signal);
  }

  get #isPasswordRead(): boolean {
    const { passwordFile, passwordCommand } = this.#bridge;
    return !this.#isPasswordOwn && (passwordFile !== undefined || passwordCommand !== undefined);
  }

  #setTls(tls: TlsOptions | undefined): void {
    const { certificate } = tls ?? {};
    if (certificate !== this.#tls?.certificate) {
      this.#certificateEnd = certificate === undefined ? undefined : endOfCertificate(certificate);
    }
    this.#tls = tls;
  }

  async #readFiles(files: NonNullable<RemoteOptions['tlsFiles']>): Promise<Partial<TlsOptions>> {
    const { disk, log } = this.#sources;
    const texts: Record<string, string> = {};
    try {
      for (const [name, path] of Object.entries(files)) texts[name] = await disk.readText(path);
    } catch (error) {
      log.warn({ bridge: this.#bridge.name, error: messageOf(error) }, 'TLS goes on with the files as they were');
      return {};
    }
    return texts;
  }

  async #readPassword(signal: AbortSignal): Promise<string> {
    const { passwordFile, passwordCommand } = this.#bridge;
    const { disk, runCommand } = this.#sources;
    if (passwordFile !== undefined) {
      const text = await disk.readText(passwordFile).catch((error: unknown) => {
        const detail = `the password cannot be read: ${messageOf(error)}`;
        throw new LinkError('connect', detail, { blame: 'local', cause: error });
      });
      return text.replace(/\r?\n$/, '');
    }
    if (passwordCommand === undefined || runCommand === undefined) {
      throw new LinkError('connect', 'commands cannot be run here', { blame: 'local' });
    }
    return runCommand({ ...passwordCommand, signal });
  }
}
