import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Whose bytes: of the side that connected to the relay, or of the one that the relay connects to. */
export type Speaker = 'connecter' | 'binder';

/** Passes the bytes of connections on and writes them down; can keep back what one side says. */
export class Relay {
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #passed: Record<Speaker, string> = { connecter: '', binder: '' };
  readonly #held = new Set<Speaker>();
  #waiting: (() => void)[] = [];
  /** How many connections there were. */
  connections = 0;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = new URL(target.replace('tcp:', 'http:'));
    server.on('connection', (socket) => this.#join(socket));
  }

  /** @param target the endpoint to connect to: `tcp://127.0.0.1:5555` */
  static async start(target: string): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often the side has said it. */
  count(speaker: Speaker, text: string): number {
    return this.#passed[speaker].split(text).length - 1;
  }

  /** Resolves when the side has said it so often, and the other side's kernel has it. */
  async until(speaker: Speaker, text: string, count = 1): Promise<void> {
    while (this.count(speaker, text) < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** From now on what the side says is lost, and the connection looks alive all the same. */
  hold(speaker: Speaker): void {
    this.#held.add(speaker);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(connecter: Socket): void {
    this.connections++;
    const binder = connect(Number(this.#target.port), this.#target.hostname);
    this.#pass('connecter', connecter, binder);
    this.#pass('binder', binder, connecter);
  }

  #pass(speaker: Speaker, from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('close', () => to.destroy());
    from.on('data', (chunk) => {
      if (this.#held.has(speaker)) return;
      to.write(chunk, () => {
        this.#passed[speaker] += chunk.toString('latin1');
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
  }
}
