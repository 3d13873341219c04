import type { Server, Socket } from 'node:net';

/** The descriptor of the system, or -1: Node shows it on no documented property, and not on every platform. */
export function descriptorOf(owner: Socket | Server): number {
  const { _handle: handle } = owner as { _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}

/**
 * Bytes of a socket's writes that the kernel has not taken, as libuv counts them, or
 * `undefined` where Node does not show it. (Node's own idle timeout looks at the same number.)
 */
export function waitingIn(owner: Socket): number | undefined {
  const { _handle: handle } = owner as { _handle?: { readonly writeQueueSize?: number } | null };
  return handle?.writeQueueSize;
}
