import type { MessageLike, Readable, Socket, Writable } from '@nest-zmq/core';

/** Sockets of a test, closed after it. Call it at the top of a `describe`, then wrap every socket in what it gives. */
export function closedAfterEach(): <S extends Socket>(socket: S) => S {
  const open: Socket[] = [];
  afterEach(() => {
    for (const socket of open.splice(0)) socket.close();
  });
  return (socket) => {
    open.push(socket);
    return socket;
  };
}

/** A message as latin1 text. */
export function text(message: readonly Buffer[] | undefined): string[] | undefined {
  return message?.map((part) => part.toString('latin1'));
}

/** The next messages, as text. */
export async function receive(socket: Readable, count: number): Promise<string[][]> {
  const all: string[][] = [];
  while (all.length < count) all.push(text(await socket.receive())!);
  return all;
}

/** Sends without waiting, at most `limit` messages, each its number unless told otherwise. Gives how many were taken. */
export function fill(
  socket: Writable,
  limit: number,
  message: (i: number) => MessageLike | readonly MessageLike[] = (i) => i,
): number {
  for (let i = 0; i < limit; i++) if (!socket.trySend(message(i))) return i;
  return limit;
}

/** `'0'`, `'1'`, … each a message of one part. */
export function numbers(count: number, from = 0): string[][] {
  return Array.from({ length: count }, (_, i) => [String(from + i)]);
}

/**
 * A loopback address of this process alone, and ports that no connection is given: what is free here stays free until it
 * is bound. Elsewhere than on Linux only one address is loopback; there a free port has to do.
 */
const ownHost = `127.${64 + ((process.pid >> 16) & 63)}.${(process.pid >> 8) & 255}.${process.pid & 255}`;
let nextPort = 20_000;

function freeAddress(): string {
  return process.platform === 'linux' ? `tcp://${ownHost}:${nextPort++}` : 'tcp://127.0.0.1:*';
}

/** An endpoint where nobody listens: somebody did. */
export async function deadEndpoint(binder: Socket, address = freeAddress()): Promise<string> {
  await binder.bind(address);
  const endpoint = binder.lastEndpoint!;
  await binder.unbind(endpoint);
  return endpoint;
}

/** Resolves when the socket has so many peers. */
export function untilPeers(socket: Socket, count: number): Promise<void> {
  if (socket.peers.length >= count) return Promise.resolve();
  return new Promise((resolve) => {
    socket.onPeer({
      joined: () => {
        if (socket.peers.length >= count) resolve();
      },
    });
  });
}

/** Resolves with the error that the promise rejects with. */
export function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => error as Error,
  );
}
