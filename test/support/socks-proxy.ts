import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** How a proxy behaves; by default it does what it is asked, for everybody. */
export interface ProxyManner {
  /** Who may use it. */
  readonly login?: { readonly username: string; readonly password: string };
  /** The status of all its replies (RFC 1928, 6). Default: what the connection had. */
  readonly status?: number;
  /** It sends each byte of its own in a segment of its own. */
  readonly byteByByte?: boolean;
  /** It hangs up after so many bytes of its own. */
  readonly cutAfter?: number;
  /** It accepts connections and says nothing. */
  readonly silent?: boolean;
  /** What the names mean that it knows; else it asks the system. */
  readonly names?: Readonly<Record<string, string>>;
}

export interface ProxyRequest {
  readonly kind: 'ipv4' | 'ipv6' | 'name';
  readonly host: string;
  readonly port: number;
}

/** A SOCKS5 proxy (RFC 1928, RFC 1929; CONNECT only). */
export class SocksProxy {
  /** What it was asked for, in order. */
  readonly requests: ProxyRequest[] = [];
  /** Names and passwords it was given. */
  readonly logins: string[] = [];
  /** How many came. */
  connections = 0;
  manner: ProxyManner = {};

  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #wake: (() => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections++;
      this.#wake?.();
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      void this.#serve(new Reader(socket), socket, this.manner);
    });
  }

  static async start(manner: ProxyManner = {}, host = '127.0.0.1'): Promise<SocksProxy> {
    const server = createServer();
    const proxy = new SocksProxy(server);
    proxy.manner = manner;
    server.listen(0, host);
    await once(server, 'listening');
    return proxy;
  }

  /** As the option `socksProxy` takes it. */
  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
  }

  async untilConnections(count: number): Promise<void> {
    while (this.connections < count) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** Ends all connections, and accepts no more. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(reader: Reader, socket: Socket, manner: ProxyManner): Promise<void> {
    if (manner.silent === true) return;
    const say = speaker(socket, manner);
    try {
      await this.#converse(reader, socket, manner, say);
    } catch {
      // The other side is gone, or the proxy hung up as it was told.
      socket.destroy();
    }
  }

  async #converse(
    reader: Reader,
    socket: Socket,
    { login, status, names = {} }: ProxyManner,
    say: (bytes: number[]) => Promise<void>,
  ): Promise<void> {
    const [, count = 0] = await reader.read(2);
    const offered = await reader.read(count);
    const method = login === undefined ? 0 : 2;
    if (!offered.includes(method)) {
      await say([5, 0xff]);
      socket.end();
      return;
    }
    await say([5, method]);
    if (login !== undefined) {
      await reader.read(1);
      const given = `${await reader.readText()}:${await reader.readText()}`;
      this.logins.push(given);
      const welcome = given === `${login.username}:${login.password}`;
      await say([1, welcome ? 0 : 1]);
      if (!welcome) {
        socket.end();
        return;
      }
    }
    const request = await readRequest(reader);
    this.requests.push(request);
    const target = connect({ host: names[request.host] ?? request.host, port: request.port });
    this.#sockets.add(target);
    const connected = once(target, 'connect').then(
      () => 0,
      ({ code }: NodeJS.ErrnoException) => (code === 'ECONNREFUSED' ? 5 : 4),
    );
    const found = await connected;
    await say([5, status ?? found, 0, 1, 127, 0, 0, 1, 0x15, 0xb3]);
    if ((status ?? found) !== 0) {
      target.destroy();
      socket.end();
      return;
    }
    reader.handOver(target);
    target.pipe(socket);
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  }
}

async function readRequest(reader: Reader): Promise<ProxyRequest> {
  const [, , , type] = await reader.read(4);
  const kind = type === 1 ? 'ipv4' : type === 4 ? 'ipv6' : 'name';
  let host: string;
  if (kind === 'name') host = await reader.readText();
  else if (kind === 'ipv4') host = [...(await reader.read(4))].join('.');
  else host = (await reader.read(16)).toString('hex').match(/.{4}/g)!.join(':');
  return { kind, host, port: (await reader.read(2)).readUInt16BE() };
}

function speaker(socket: Socket, { byteByByte, cutAfter = Infinity }: ProxyManner): (bytes: number[]) => Promise<void> {
  let said = 0;
  const send = (bytes: readonly number[]): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
  return async (bytes) => {
    const allowed = bytes.slice(0, cutAfter - said);
    said += allowed.length;
    for (const part of byteByByte === true ? allowed.map((byte) => [byte]) : [allowed]) {
      await send(part);
      if (byteByByte === true) await new Promise((resolve) => void setImmediate(resolve));
    }
    if (allowed.length === bytes.length && said < cutAfter) return;
    socket.end();
    throw new Error('hung up');
  };
}

/** Reads exactly so many bytes of a socket, until it is handed over. */
class Reader {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #over = false;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => {
    this.#received = Buffer.concat([this.#received, chunk]);
    this.#wake?.();
  };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData);
    socket.on('close', () => {
      this.#over = true;
      this.#wake?.();
    });
  }

  async read(size: number): Promise<Buffer> {
    while (this.#received.length < size) {
      if (this.#over) throw new Error('the connection is over');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const taken = this.#received.subarray(0, size);
    this.#received = this.#received.subarray(size);
    return taken;
  }

  /** A byte of length, and so many bytes. */
  async readText(): Promise<string> {
    const [size = 0] = await this.read(1);
    return (await this.read(size)).toString();
  }

  handOver(target: Socket): void {
    this.#socket.off('data', this.#onData);
    target.write(this.#received);
    this.#socket.pipe(target);
  }
}
