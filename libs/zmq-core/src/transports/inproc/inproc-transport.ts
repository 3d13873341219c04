import type { CloseReason, PeerInfo } from '../../foundation/peer-info.js';
import type { PipeBinding, PipeMember, PipeTransport } from '../../transport/transport.js';
import { InprocRegistry } from './inproc-registry.js';
import { PendingConnect } from './pending-connect.js';

/** Joins sockets of one context by a pipe: no bytes, no copy. The names are this instance's own. */
export class InprocTransport implements PipeTransport {
  readonly kind = 'pipe';
  readonly scheme = 'inproc';

  readonly #registry = new InprocRegistry();

  bind(address: string, member: PipeMember): PipeBinding {
    const registry = this.#registry;
    const waiting = registry.bind(address, member);
    for (const connect of waiting) connect.joinWith(member);
    return {
      endpoint: `inproc://${address}`,
      // Somebody else may have taken the name after the first close.
      close: once(() => registry.unbind(address)),
    };
  }

  bound(address: string): PeerInfo | undefined {
    return this.#registry.binder(address)?.info;
  }

  connect(address: string, member: PipeMember): PipeBinding {
    const registry = this.#registry;
    const connect = new PendingConnect(member, (gone) => registry.stopWaiting(address, gone));
    const binder = registry.binder(address);
    if (binder !== undefined) connect.joinWith(binder);
    else if (connect.open) registry.wait(address, connect);
    return {
      endpoint: `inproc://${address}`,
      close: once((reason) => {
        registry.stopWaiting(address, connect);
        connect.close(reason);
      }),
    };
  }
}

function once(close: (reason: CloseReason) => void): (reason: CloseReason) => void {
  let closed = false;
  return (reason) => {
    if (closed) return;
    closed = true;
    close(reason);
  };
}
