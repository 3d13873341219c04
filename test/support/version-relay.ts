import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** One octet of what each side says first, and what the other side gets in its place. */
interface Disguise {
  readonly at: number;
  readonly octet: number;
}

const disguises = {
  /** The revision: each takes the other for a peer of 2.0. */
  '2.0': { at: 10, octet: 1 },
  /** The end of the signature: what is left is the header of a 1.0 frame, with the identity's length. */
  '1.0': { at: 9, octet: 0 },
} as const satisfies Record<string, Disguise>;

export type OldVersion = keyof typeof disguises;

/**
 * Stands between two peers of 3.x that know older versions, and makes each believe that
 * the other is an older one: from there on both really speak that version.
 */
export class VersionRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target the endpoint to connect to: `tcp://127.0.0.1:5555` */
  static async start(target: string, version: OldVersion): Promise<VersionRelay> {
    const server = createServer();
    const relay = new VersionRelay(server);
    const { hostname, port } = new URL(target.replace('tcp:', 'http:'));
    server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
      relay.#pass(near, far, disguises[version]);
      relay.#pass(far, near, disguises[version]);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(from: Socket, to: Socket, { at, octet }: Disguise): void {
    this.#sockets.add(from);
    let passed = 0;
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('close', () => to.destroy());
    from.on('data', (chunk) => {
      if (passed <= at && at < passed + chunk.length) chunk[at - passed] = octet;
      passed += chunk.length;
      to.write(chunk);
    });
  }
}
