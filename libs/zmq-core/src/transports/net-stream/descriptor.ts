import type { Server, Socket } from 'node:net';

/** The descriptor of the system, or -1: Node shows it on no documented property, and not on every platform. */
export function descriptorOf(owner: Socket | Server): number {
  const { _handle: handle } = owner as { _handle?: { readonly fd?: number } | null };
  return handle?.fd ?? -1;
}
