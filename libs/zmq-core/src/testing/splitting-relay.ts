import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { turn } from './turn.js';

const PIECES = [1, 2, 9, 70, 1000, 100_000];

/** Passes tcp connections on in pieces of random sizes, with stops between them. */
export class SplittingRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #fraction: () => number;

  private constructor(server: Server, target: number, fraction: () => number) {
    this.#server = server;
    this.#fraction = fraction;
    server.on('connection', (near) => {
      const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
      void this.#pass(near, far);
      void this.#pass(far, near);
    });
  }

  /** @param target a port of this machine */
  static async start(target: number, fraction: () => number): Promise<SplittingRelay> {
    const server = createServer({ allowHalfOpen: true });
    const relay = new SplittingRelay(server, target, fraction);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks all connections, some by a reset. */
  breakAll(): void {
    for (const socket of this.#sockets) {
      if (this.#fraction() < 0.5) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #pass(from: Socket, to: Socket): Promise<void> {
    this.#sockets.add(from);
    from.on('error', () => {});
    from.once('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) await this.#write(to, chunk as Buffer);
      to.end();
    } catch {
      to.destroy();
    }
  }

  async #write(to: Socket, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length && !to.destroyed;) {
      const piece = chunk.subarray(at, at + PIECES[Math.floor(this.#fraction() * PIECES.length)]!);
      at += piece.length;
      if (!to.write(piece) && to.writableNeedDrain) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      if (this.#fraction() < 0.05) await turn();
    }
  }
}
