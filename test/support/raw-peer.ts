import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { frame, GREETING_SIZE, greeting, ready } from './raw-bytes.js';

/** How the other side ended a connection. */
export type Ending = 'closed' | 'reset';

/**
 * A peer that speaks bytes: it says only what the test tells it to, and knows all
 * that it was told. It closes when the other side does.
 */
export class RawPeer {
  /** Resolves when the connection is over, whoever ended it. */
  readonly ended: Promise<Ending>;

  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      this.#wake?.();
    });
    let reset = false;
    socket.on('error', () => (reset = true));
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#over = true;
        this.#wake?.();
        resolve(reset ? 'reset' : 'closed');
      });
    });
  }

  /** @param options `allowHalfOpen`: it does not close when the other side does; `localAddress`: where it comes from */
  static async connect(
    endpoint: string,
    options: { readonly allowHalfOpen?: boolean; readonly localAddress?: string } = {},
  ): Promise<RawPeer> {
    const socket = connect({ ...placeOf(endpoint), ...options });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  /** Sends the bytes in one segment, if the system allows. */
  write(...parts: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(parts));
  }

  /** Sends each byte in a segment of its own. */
  async writeByteByByte(bytes: Buffer): Promise<void> {
    for (let i = 0; i < bytes.length; i++) {
      await new Promise<void>((resolve, reject) => {
        this.#socket.write(bytes.subarray(i, i + 1), (error) => (error ? reject(error) : resolve()));
      });
      await nextTurn();
    }
  }

  /** The next `size` bytes that came. Rejects if the connection ends before. */
  async read(size: number): Promise<Buffer> {
    await this.#until(() => this.#size >= size);
    if (this.#size < size) {
      throw new Error(`the connection ended after ${this.#size} of ${size} bytes: ${this.#received.toString('hex')}`);
    }
    const received = this.#received;
    this.#chunks[0] = received.subarray(size);
    this.#size -= size;
    return received.subarray(0, size);
  }

  /** The next frame, its header included. */
  async readFrame(): Promise<Buffer> {
    await this.#until(() => this.#size >= (((this.#received[0] ?? 0) & 2) === 0 ? 2 : 9));
    const header = this.#received;
    const long = ((header[0] ?? 0) & 2) !== 0;
    return this.read(long ? 9 + Number(header.readBigUInt64BE(1)) : 2 + (header[1] ?? 0));
  }

  /** All that comes until the end of the connection. */
  async readToEnd(): Promise<Buffer> {
    await this.ended;
    const rest = this.#received;
    this.#chunks.length = 0;
    this.#size = 0;
    return rest;
  }

  /** Greeting and READY both ways, as a well-behaved peer. Gives the READY of the other side. */
  async handshake(socketType: string, identity?: Buffer | string, minor = 1): Promise<Buffer> {
    this.write(greeting(3, minor), ready(socketType, identity));
    await this.read(GREETING_SIZE);
    return this.readFrame();
  }

  /** PING and PONG: when it resolves, all that was written before has been decoded on the other side. */
  async fence(): Promise<void> {
    const context = Buffer.from(`fence ${fences++}`);
    this.write(frame(4, Buffer.concat([Buffer.from('\x04PING\0\0', 'latin1'), context])));
    const pong = frame(4, Buffer.concat([Buffer.from('\x04PONG', 'latin1'), context]));
    for (;;) if ((await this.readFrame()).equals(pong)) return;
  }

  /** Stops reading: the kernel's buffers fill, and then the other side feels it. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Bytes that the kernel has not taken. */
  get unsent(): number {
    return this.#socket.writableLength;
  }

  /** The connection is over. */
  get over(): boolean {
    return this.#over;
  }

  /** FIN. */
  end(): void {
    this.#socket.end();
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** All that came and was not read, in one piece: as seldom as possible, it may be much. */
  get #received(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks.splice(0, Infinity, Buffer.concat(this.#chunks));
    return this.#chunks[0]!;
  }

  async #until(enough: () => boolean): Promise<void> {
    while (!enough() && !this.#over) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

/** For `node:net`. */
function placeOf(endpoint: string): { readonly path: string } | { readonly host: string; readonly port: number } {
  if (endpoint.startsWith('ipc://')) return { path: endpoint.slice('ipc://'.length) };
  const { hostname, port } = new URL(endpoint.replace('tcp:', 'http:'));
  return { port: Number(port), host: hostname.replace(/^\[|\]$/g, '') };
}

let fences = 0;

/** A listener that hands out raw peers in the order in which they come. */
export class RawListener {
  readonly #server: Server;
  readonly #peers: RawPeer[] = [];
  #waiting: (() => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#peers.push(new RawPeer(socket));
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async listen(): Promise<RawListener> {
    const server = createServer();
    const listener = new RawListener(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that came and were not accepted yet. */
  get waiting(): number {
    return this.#peers.length;
  }

  async accept(): Promise<RawPeer> {
    while (this.#peers.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#peers.shift()!;
  }

  close(): void {
    this.#server.close();
    for (const peer of this.#peers) peer.destroy();
  }
}

/** One turn of the event loop: what was written before is in the kernel, and what had come was delivered. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
