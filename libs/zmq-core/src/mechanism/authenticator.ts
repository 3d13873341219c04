import type { ProtocolError } from '../foundation/errors.js';
import type { Properties } from '../wire/metadata.js';

/** What a server side asks about a peer before the handshake may end (27/ZAP "Request"). */
export interface AuthenticationRequest {
  /** The option `zapDomain`; empty when none is set. */
  readonly domain: string;
  /** The peer's host address, without port: `127.0.0.1`, `::1`. Empty for ipc, where Node tells nothing of the peer. */
  readonly address: string;
  /** The own socket's routing id, as libzmq sends it; empty when it has none. */
  readonly routingId: Buffer;
  readonly mechanism: 'NULL' | 'PLAIN' | 'CURVE';
  /** NULL: none; PLAIN: user name, password; CURVE: the 32 octets of the client's public key. */
  readonly credentials: readonly Buffer[];
}

/** The answer, given exactly once. */
export type Verdict =
  | { readonly status: 200; readonly userId: string; readonly properties: Properties }
  /** 300 asks to come again later, 400 refuses, 500 is the authenticator's own trouble. `text` is for logs, never for the peer. */
  | { readonly status: 300 | 400 | 500; readonly text: string }
  /** No well-formed answer: the code is libzmq's (`ERR_ZAP_…`), the peer is not admitted. */
  | { readonly status: 'failed'; readonly error: ProtocolError };

/**
 * Decides who may connect. A mechanism's server side asks it when the peer has shown
 * its credentials, and goes on when the verdict is there; meanwhile the handshake's
 * deadline runs, so that one who never answers admits nobody.
 */
export interface Authenticator {
  /** Whether somebody would answer: `false` says that nobody would. PLAIN needs one; NULL and CURVE go on without, unless `zapEnforceDomain` is set. */
  readonly present: boolean;
  /**
   * Asks. `give` is called once, from within or later, and never after the function that
   * is returned was called: then the connection has ended. Does not throw: what goes
   * wrong is a verdict. What is thrown nevertheless, or given and is none, refuses the peer.
   */
  ask(request: AuthenticationRequest, give: (verdict: Verdict) => void): () => void;
}
