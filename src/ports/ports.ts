// The four ports: the only ways in which Viaduct reaches the world. Everything else in `src/` takes them as arguments,
// so that the whole product runs unchanged on a virtual clock, a simulated network and a simulated disk.
// Callbacks of a port are never called from inside a call to that port: they come later, each in a turn of its own.
import type { Bytes } from '../../protocol/wire/bytes.ts';

/** Something scheduled that can be called off; calling it off twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time. `now` never goes back and never jumps; `wallMs` is what the user's clock shows and may do both. */
export interface Clock {
  /** Milliseconds since an arbitrary moment, monotonic, with fractions. */
  now(): number;
  /** Milliseconds since 1970 as the system clock has it. */
  wallMs(): number;
  /** Calls `run` once, not earlier than `delayMs` (0 to 2^31-1) from now. A pending timer keeps the process alive. */
  schedule(delayMs: number, run: () => void): Timer;
  /** Calls `run` once, at the end of this turn: after the input that is being handled, before any timer. */
  defer(run: () => void): void;
}

/** Randomness. Bytes for secrets and identifiers, `unit` for jitter. */
export interface Random {
  /** A number of at least 0 and below 1. */
  unit(): number;
  /** `size` unpredictable bytes, 1 to 65536. */
  bytes(size: number): Bytes;
}

/** What a socket tells its owner. All of it stops after `closed`, which comes exactly once. */
export interface SocketHandler {
  /** Bytes came in. They are borrowed: when this returns, the port may use their memory again. */
  received(chunk: Bytes): void;
  /**
   * Where the next chunk is to be read to, at least one byte; it comes with `received` as a part of this memory.
   * Undefined: the port gives memory of its own. A port may do without asking.
   */
  room?(): Bytes | undefined;
  /** Everything written has been handed to the system after `write` returned false. */
  drained(): void;
  /** The peer will send no more. The owner usually closes in turn. */
  ended(): void;
  /** The socket is gone; `error` says why unless both sides closed in order. */
  closed(error: Error | undefined): void;
}

/** The certificate that the peer showed, for authentication by certificate and for display. */
export interface PeerCertificate {
  readonly commonName: string;
  readonly subject: string;
  /** DNS names, addresses and the like, in their order and without their kinds. */
  readonly alternativeNames?: readonly string[];
  readonly fingerprint256: string;
  /** Who has signed it. */
  readonly issuer?: string;
  /** Milliseconds since 1970. */
  readonly validFrom?: number;
  /** Milliseconds since 1970. */
  readonly validTo: number;
}

/** One open, ordered, lossless byte stream. */
export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly isEncrypted: boolean;
  /** The peer's certificate if it showed one that was verified. */
  readonly peerCertificate: PeerCertificate | undefined;
  /** Sets who hears of this socket; nothing is read before. */
  listen(handler: SocketHandler): void;
  /**
   * Writes all parts in order in one gathered write. The parts must not be changed any more. Returns false when the
   * system takes no more for now; `drained` follows.
   */
  write(parts: readonly Bytes[]): boolean;
  /** Bytes written that the system has not taken yet. */
  readonly pendingBytes: number;
  /** Stops reading; the peer is slowed by its own full buffers. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes for sending. */
  end(): void;
  /** Closes at once and drops what was not sent. */
  destroy(): void;
}

/** TLS of one side. PEM texts, not paths: files are read by the configuration. */
export interface TlsOptions {
  readonly certificate?: string;
  readonly key?: string;
  readonly keyPassphrase?: string;
  /** Trusted authorities; absent means those that come with Node. */
  readonly authorities?: string;
  /**
   * Verify the peer against the authorities, and the host name when dialling. Default true for dialling, false for
   * listening.
   */
  readonly isPeerVerified?: boolean;
  /** A listener refuses clients without a certificate. Default false. */
  readonly isCertificateRequired?: boolean;
  /** The name asked for and checked; default the host dialled. */
  readonly serverName?: string;
  /** Protocols offered or accepted in ALPN. */
  readonly alpnProtocols?: readonly string[];
  /** Lowest version accepted. Default TLSv1.2. */
  readonly versionMin?: 'TLSv1.2' | 'TLSv1.3';
  /** Cipher suites, as OpenSSL writes them; absent means those of Node. */
  readonly ciphers?: string;
  /** When dialling: the SHA-256 that the peer's certificate must have besides, as `AB:CD:...`. */
  readonly fingerprint?: string;
  /**
   * When dialling: what the peer's authority says of its certificate, stapled to the handshake (OCSP): `check` refuses
   * what is not good, `require` also a peer that staples nothing. Absent: nobody asks.
   */
  readonly ocsp?: 'check' | 'require';
  /** When dialling: a key that both sides know, instead of certificates; TLS 1.2. */
  readonly preSharedKey?: PreSharedKey;
  /** Lists of certificates that their authorities took back, one or several in PEM. */
  readonly revocations?: string;
  /** A listener shows these instead to clients that ask for their names. */
  readonly namedCertificates?: readonly NamedCertificate[];
}

/** A key that both sides know. */
export interface PreSharedKey {
  readonly identity: string;
  /** In hexadecimal. */
  readonly key: string;
}

/** A proxy on the way to a server. */
export interface ProxyOptions {
  readonly kind: 'socks5' | 'http';
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

/** A certificate for one name that clients ask for (SNI). */
export interface NamedCertificate {
  /** `mqtt.example`, or `*.example` for one label before the rest. */
  readonly serverName: string;
  readonly certificate: string;
  readonly key: string;
  readonly keyPassphrase?: string;
}

/** MQTT over WebSocket, at the side that dials. */
export interface WebSocketDialOptions {
  /** Path and query that are asked for, from `/` on. */
  readonly path: string;
  /** More headers of the request, as an authorization that a proxy wants. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest message of WebSocket taken, in bytes. Default 64 MiB. */
  readonly messageBytesMax?: number;
}

/** MQTT over WebSocket, at the side that listens. */
export interface WebSocketListenOptions {
  /** The path that must be asked for; a query behind it is allowed. */
  readonly path: string;
  /** Origins that pages may come from, as `https://example.com`; absent: all, and programs without one. */
  readonly origins?: readonly string[];
  /** Largest message of WebSocket taken, in bytes. Default 64 MiB. */
  readonly messageBytesMax?: number;
  /**
   * A peer that was silent for so long gets a ping of WebSocket; one that is silent once more as long counts as gone.
   * In ms; 0 or absent: no pings.
   */
  readonly pingIntervalMs?: number;
}

/** In which part of its entry a connection was refused. */
export type RefusalPhase = 'entry' | 'proxy' | 'tls' | 'websocket';

/** A connection that never became a socket. */
export interface Refusal {
  readonly phase: RefusalPhase;
  /** The peer, as far as it is known. */
  readonly address: string;
  /** Why, in words. */
  readonly detail: string;
}

/** Where to dial, and how long it may take. */
export interface DialOptions {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** A Unix socket to dial; host and port mean nothing then. */
  readonly socketPath?: string;
  readonly tls?: TlsOptions;
  /** Present: MQTT over WebSocket. */
  readonly webSocket?: WebSocketDialOptions;
  /** Limit for name lookup, connecting, TLS and WebSocket together, in ms. */
  readonly timeoutMs: number;
  /** The local address to dial from. */
  readonly localAddress?: string;
  /** The interface whose address is dialled from, as `eth1`. */
  readonly localInterface?: string;
  /** Present: the connection is made by a proxy, which resolves the name. */
  readonly proxy?: ProxyOptions;
  /** Switch off Nagle's algorithm. Default true. */
  readonly isNoDelay?: boolean;
  /** Idle time before TCP keep-alive probes, in ms; 0 or absent leaves them off. */
  readonly keepAliveDelayMs?: number;
  readonly signal?: AbortSignal;
}

/** One server behind a name (RFC 2782). */
export interface ServiceTarget {
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
  /** 0 to 65535: the lowest is tried first. */
  readonly priority: number;
  /** 0 to 65535: its chance among those of its priority. */
  readonly weight: number;
}

/** Where to listen, and what a connection goes through to be a socket: PROXY header, then TLS, then WebSocket. */
export interface ListenOptions {
  /** An address of this machine; `0.0.0.0` means all of IPv4, `::` all, `*` all that the machine has. */
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
  /** A Unix socket to listen on; host and port mean nothing then. What a dead process left there is removed. */
  readonly socketPath?: string;
  /** A socket that the service manager has opened for this process, by its name; empty: the next one. */
  readonly inherited?: string;
  /** Permissions of the Unix socket, as 0o660. Default: those that the system gives. */
  readonly socketMode?: number;
  readonly tls?: TlsOptions;
  /** Present: MQTT over WebSocket. */
  readonly webSocket?: WebSocketListenOptions;
  /**
   * Present: every connection begins with a PROXY header, version 1 or 2, and comes from one of these ranges
   * (`10.0.0.0/8`); a Unix socket is trusted whatever they are. The peer is then the one that the header names.
   */
  readonly proxySources?: readonly string[];
  /** Connections that the system may hold before they are accepted. Default 511. */
  readonly backlog?: number;
  /** Limit for PROXY header, TLS and WebSocket together, in ms. Default 10000. */
  readonly handshakeTimeoutMs?: number;
  /** Of these entries, how many are worked on at a time; ten times as many wait, more are refused. Default 200. */
  readonly handshakesMax?: number;
  /** Switch off Nagle's algorithm. Default true. */
  readonly isNoDelay?: boolean;
  /** Idle time before TCP keep-alive probes, in ms; 0 or absent leaves them off. */
  readonly keepAliveDelayMs?: number;
  /** Of `::`, only IPv6. Default false. */
  readonly isIpv6Only?: boolean;
  /** Told of every connection that did not come through. */
  readonly refused?: (refusal: Refusal) => void;
}

/** An open listener. */
export interface Listener {
  /** The port really bound. */
  readonly port: number;
  /** Uses other certificates from the next handshake on; connections stay. Throws LinkError, and changes nothing. */
  updateTls(tls: TlsOptions): void;
  /** Accepts no more; sockets already accepted stay open. */
  close(): Promise<void>;
}

/**
 * The network: streams that keep bytes whole and in order [MQTT-4.2-1]. Failures are `LinkError`s that name phase
 * (lookup, connect, tls, upgrade, listen) and address.
 */
export interface Net {
  /** The servers that a name as `_mqtt._tcp.example.com` stands for, in any order; rejects with a `LinkError`. */
  lookupService(name: string, signal: AbortSignal): Promise<readonly ServiceTarget[]>;
  /** The addresses of a name as the system knows them; rejects with a `LinkError`. Dialling asks by itself. */
  lookup(host: string): Promise<readonly string[]>;
  /** The addresses that this machine has, by interface: what changes with the network. */
  addresses(): readonly string[];
  /** Opens a connection; the promise rejects with a `LinkError`. */
  dial(options: DialOptions): Promise<Socket>;
  /** Opens a listener; `accepted` is called for each socket that is ready to talk. */
  listen(options: ListenOptions, accepted: (socket: Socket) => void): Promise<Listener>;
}

/** One open file for appending, and for writing and reading at positions. */
export interface DiskFile {
  /** Bytes in the file. */
  readonly size: number;
  /** Appends all parts in order in one gathered write. */
  append(parts: readonly Bytes[]): Promise<void>;
  /** Writes all parts in order from `position` on, at most `size`, in one gathered write; the file may grow. */
  write(position: number, parts: readonly Bytes[]): Promise<void>;
  /** Reads up to `size` bytes from `position`; fewer only at the end of the file. */
  read(position: number, size: number): Promise<Bytes>;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): Promise<void>;
  /** Returns when all that was written is on stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A lock that is held. */
export interface DiskLock {
  /** Gives it back. */
  release(): Promise<void>;
}

/** What is known of a file without opening it. */
export interface DiskEntry {
  readonly name: string;
  readonly isDirectory: boolean;
}

/** The disk. Failures are `StorageError`s that name the path. */
export interface Disk {
  /** The whole file; configuration and certificates, not data. */
  readText(path: string): Promise<string>;
  /**
   * Replaces a file so that after a crash either the old or the new text is there, whole. A private one is readable for
   * its owner only.
   */
  replaceText(path: string, text: string, isPrivate?: boolean): Promise<void>;
  /** Opens a file for appending and reading, and makes it if it is not there; or, as it is, for reading only. */
  open(path: string, mode?: 'append' | 'read'): Promise<DiskFile>;
  /** Entries of a directory, sorted by name; empty when it does not exist. */
  list(path: string): Promise<readonly DiskEntry[]>;
  /** Makes a directory and its parents; does nothing if it is there. */
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; does nothing if it is not there. */
  remove(path: string): Promise<void>;
  /** Makes names in a directory (files made, renamed, removed) stable. */
  syncDirectory(path: string): Promise<void>;
  /** Bytes that this process may still write on the file system of a path that exists. */
  freeBytes(path: string): Promise<number>;
  /**
   * Takes a file as a lock that ends with the process, however that ends. Rejects with `ERR_STORAGE_LOCKED`, which
   * names the holder, while another one lives.
   */
  lock(path: string): Promise<DiskLock>;
}

/** All four together, handed down from the composition root. */
export interface Ports {
  readonly clock: Clock;
  readonly net: Net;
  readonly disk: Disk;
  readonly random: Random;
}
