import type { CloseReason, PeerInfo } from '../foundation/peer-info.js';
import type { HighWaterMark } from '../pipe/high-water-mark.js';
import type { PipeEnd } from '../pipe/pipe.js';
import type { ByteStream } from './byte-stream.js';
import type { IpRange } from '../foundation/ip-range.js';

/**
 * A way to reach a peer. Two kinds: `bytes` hands over streams on which a session
 * speaks ZMTP; `pipe` joins two sockets of a process without bytes.
 *
 * Errors that the caller caused (a bad address, a used one) are `ZmqError`s with
 * `address`, thrown or rejected by the call. What the network does comes through
 * the callbacks.
 */
export type Transport = ByteTransport | PipeTransport;

/** Socket options that a transport honours. */
export interface TransportOptions {
  readonly backlog: number;
  readonly ipv6: boolean;
  /** Who may connect over tcp; none = everybody. */
  readonly tcpAcceptFilters: readonly IpRange[];
  readonly tcpKeepalive: number;
  /** Seconds of silence before the first keepalive probe; -1 = the system's default. */
  readonly tcpKeepaliveIdle: number;
  readonly socksProxy: SocksProxy | undefined;
}

/** The SOCKS5 proxy that tcp connections go through. */
export interface SocksProxy {
  /** `host:port`. */
  readonly address: string;
  readonly login: SocksLogin | undefined;
}

/** Each at most 255 bytes. */
export interface SocksLogin {
  readonly username: string;
  readonly password: string;
}

export interface ByteTransport {
  readonly kind: 'bytes';
  readonly scheme: string;
  /** Whether a dial is never done at once, so that `connect:delay` is reported (tcp, not ipc). */
  readonly dialsSlowly: boolean;

  /** Throws EINVAL, ENODEV, … if `address` (without the scheme) can never be dialled. */
  checkDial(address: string, options: Pick<TransportOptions, 'ipv6' | 'socksProxy'>): void;

  /** Throws EINVAL, ENODEV, … if `address` can never be listened at. What is not there now (a name, a directory) may come. */
  checkListen(address: string, options: Pick<TransportOptions, 'ipv6'>): void;

  /**
   * Starts one attempt. Exactly one of `connected` and `failed` is called, later,
   * unless the returned dial is cancelled first. The stream must be opened in `connected`.
   */
  dial(address: string, options: TransportOptions, sink: DialSink): Dial;

  /**
   * Rejects with a `ZmqError` (`EADDRINUSE`, `EADDRNOTAVAIL`, `EINVAL`, `ENODEV`,
   * `ENOENT`, `ENAMETOOLONG`) whose `address` is the whole endpoint.
   */
  listen(address: string, options: TransportOptions, sink: ListenSink): Promise<Listener>;

  /** `listen` at once, with the same errors thrown. Missing: this transport cannot. ENOTSUP: this runtime cannot. */
  listenSync?(address: string, options: TransportOptions, sink: ListenSink): Listener;
}

export interface DialSink {
  connected(stream: ByteStream): void;
  failed(error: NodeJS.ErrnoException): void;
}

export interface Dial {
  /** Gives up. Idempotent, legal at any time; after `connected` it does nothing. */
  cancel(): void;
}

export interface ListenSink {
  /** The stream must be opened before `accepted` returns. */
  accepted(stream: ByteStream): void;
  /** The system failed (EMFILE, …), somebody was not let in (EACCES), or was reset before he was accepted (ECONNRESET); the listener goes on. */
  acceptFailed(error: NodeJS.ErrnoException): void;
}

export interface Listener {
  /** The whole endpoint as bound, wildcards resolved: `tcp://0.0.0.0:46649`. */
  readonly endpoint: string;
  /** Another text for the same endpoint by which `unbind` finds it: `tcp://localhost:46649`, as it was asked for. */
  readonly alias: string | undefined;
  /** The descriptor of the system, or -1 where it is not shown. */
  readonly fd: number;
  /**
   * Stops accepting; accepted streams live on. Idempotent. The address is free when the
   * call returns. Gives the error if something that was made for the listener (a file,
   * a directory) could not be removed.
   */
  close(): NodeJS.ErrnoException | undefined;
}

export interface PipeTransport {
  readonly kind: 'pipe';
  readonly scheme: string;
  /** Throws `EADDRINUSE` or `EINVAL`. Sockets that connected before are joined at once. */
  bind(address: string, member: PipeMember): PipeBinding;
  /** What the socket that is bound there tells of itself; `undefined`: nobody is, and who connects would wait. */
  bound(address: string): PeerInfo | undefined;
  /** Throws `EINVAL`. The pipe is made at once; until someone binds it holds what the connecter's own mark allows. */
  connect(address: string, member: PipeMember): PipeBinding;
}

/**
 * One of the two sockets that a pipe transport joins. Its marks count together with
 * the other's; the owner of an end changes its own later by `setMarks`.
 */
export interface PipeMember {
  readonly sendMark: HighWaterMark;
  readonly receiveMark: HighWaterMark;
  readonly conflate: boolean;
  /** What the other side is told about this socket; `address` is the inproc name. */
  readonly info: PeerInfo;
  /**
   * Takes an end (sets its handler) and attaches it to the pattern. For a connecter
   * called within `connect()`. `onPeer` comes right after it, for a connecter when
   * there is a binder.
   */
  attach(end: PipeEnd): void;
}

export interface PipeBinding {
  /** The whole endpoint: `inproc://name`. */
  readonly endpoint: string;
  /** Frees the name, or closes the connecter's pipe. A binder's pipes live on. Idempotent. */
  close(reason: CloseReason): void;
}
