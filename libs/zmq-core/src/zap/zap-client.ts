import { closedByUs, type PeerInfo } from '../foundation/peer-info.js';
import type { AuthenticationRequest, Authenticator, Verdict } from '../mechanism/authenticator.js';
import type { PipeEnd, PipeHandler } from '../pipe/pipe.js';
import type { PipeMember, PipeTransport, Transport } from '../transport/transport.js';
import { decodeReply, encodeRequest, failed, ZAP_ADDRESS } from './zap-message.js';

/** The socket types that a handler may have (27/ZAP "Architecture"). */
const handlerTypes: readonly string[] = ['REP', 'ROUTER'];

/**
 * Asks the ZAP handler of the context, whoever that is: a REP or ROUTER bound to
 * `inproc://zeromq.zap.01`.
 *
 * Each request has a pipe of its own, as in libzmq, so however many handshakes there are,
 * none can get another's reply; a second reply finds its pipe closed. It is no socket of
 * the context: it counts against no limit.
 */
export class ZapClient implements Authenticator {
  readonly #inproc: PipeTransport | undefined;

  /** @param transports of the context */
  constructor(transports: readonly Transport[]) {
    for (const transport of transports)
      if (transport.kind === 'pipe' && transport.scheme === 'inproc') this.#inproc = transport;
  }

  get present(): boolean {
    return this.#inproc?.bound(ZAP_ADDRESS) !== undefined;
  }

  ask(request: AuthenticationRequest, give: (verdict: Verdict) => void): () => void {
    const handler = this.#inproc?.bound(ZAP_ADDRESS);
    if (this.#inproc === undefined || handler === undefined) {
      give(failed('ERR_ZAP_UNSPECIFIED', 'there is no handler'));
      return () => {};
    }
    if (!handlerTypes.includes(handler.socketType)) {
      give(failed('ERR_ZAP_UNSPECIFIED', `the handler is a ${handler.socketType}; it must be a REP or ROUTER`));
      return () => {};
    }
    const exchange = new Exchange(give);
    this.#inproc.connect(ZAP_ADDRESS, exchange);
    exchange.send(request);
    return () => exchange.cancel();
  }
}

/** One request and its reply. */
class Exchange implements PipeMember, PipeHandler {
  // A handler that is slow must not turn a peer away: what bounds requests is the limit of handshakes.
  readonly sendMark = { messages: 0, bytes: 0 };
  readonly receiveMark = { messages: 0, bytes: 0 };
  readonly conflate = false;
  readonly info: PeerInfo = {
    socketType: 'DEALER',
    routingId: undefined,
    address: ZAP_ADDRESS,
    properties: { 'Socket-Type': 'DEALER', Identity: '' },
  };

  #end: PipeEnd | undefined;
  /** `undefined` when the verdict was given, or nobody wants it any more. */
  #give: ((verdict: Verdict) => void) | undefined;

  constructor(give: (verdict: Verdict) => void) {
    this.#give = give;
  }

  send(request: AuthenticationRequest): void {
    if (this.#end?.send(encodeRequest(request)) !== true) this.#gone();
  }

  cancel(): void {
    this.#give = undefined;
    this.#hangUp();
  }

  // ── of the pipe ──

  attach(end: PipeEnd): void {
    end.handler = this;
    this.#end = end;
  }

  onReadable(end: PipeEnd): void {
    const reply = end.read();
    if (reply !== undefined) this.#settle(decodeReply(reply));
  }

  onClosed(): void {
    this.#gone();
  }

  onWritable(): void {}
  onHiccup(): void {}
  onPeer(): void {}
  onPeerGone(): void {}

  /** At once, and not at the handshake's limit: whoever comes again may find the next handler. */
  #gone(): void {
    this.#settle(failed('ERR_ZAP_UNSPECIFIED', 'the handler was closed before it replied'));
  }

  #settle(verdict: Verdict): void {
    const give = this.#give;
    this.#give = undefined;
    this.#hangUp();
    give?.(verdict);
  }

  #hangUp(): void {
    this.#end?.close(closedByUs, true);
  }
}
