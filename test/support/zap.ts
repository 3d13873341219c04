import { Context, Dealer, type Peer, Reply, Router, type SocketOptions } from '@nest-zmq/core';
import { EventLog } from './stage.js';

export const ZAP = 'inproc://zeromq.zap.01';

/** The keys of libzmq's documentation of `zmq_curve`. */
export const serverKeys = {
  publicKey: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  secretKey: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
};
export const clientKeys = {
  publicKey: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
  secretKey: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
};

/** What each mechanism needs, and what ZAP is then told. */
export const mechanisms = {
  NULL: { server: {}, client: {} },
  PLAIN: {
    server: { plainServer: true },
    client: { plainUsername: 'admin', plainPassword: 'secret' },
  },
  CURVE: {
    server: { curveServer: true, curveSecretKey: serverKeys.secretKey },
    client: {
      curveServerKey: serverKeys.publicKey,
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
    },
  },
} as const satisfies Record<
  string,
  { readonly server: SocketOptions<'ROUTER'>; readonly client: SocketOptions<'DEALER'> }
>;
export type MechanismName = keyof typeof mechanisms;
export const mechanismNames = Object.keys(mechanisms) as MechanismName[];

/** A well-formed reply, as a REP sends it. */
export function zapReply(
  status: string,
  { text = '', userId = '', metadata = '' }: { text?: string; userId?: string; metadata?: Buffer | string } = {},
): (string | Buffer)[] {
  return ['1.0', '1', status, text, userId, metadata];
}

/** A server that asks ZAP about who connects, and all that happens there. */
export class ZapScene {
  readonly context: Context;
  readonly server: Router;
  readonly events: EventLog;
  readonly #mechanism: MechanismName;
  readonly #sockets: { close(): void }[] = [];

  private constructor(mechanism: MechanismName, context: Context, options: SocketOptions<'ROUTER'>) {
    this.#mechanism = mechanism;
    this.context = context;
    this.server = this.keep(
      new Router({ context, linger: 0, zapDomain: 'global', ...mechanisms[mechanism].server, ...options }),
    );
    this.events = new EventLog(this.server);
  }

  static async set(
    mechanism: MechanismName,
    { context = new Context(), ...options }: SocketOptions<'ROUTER'> & { readonly context?: Context } = {},
    address = 'tcp://127.0.0.1:*',
  ): Promise<ZapScene> {
    const scene = new ZapScene(mechanism, context, options);
    await scene.server.bind(address);
    scene.events.mark();
    return scene;
  }

  keep<Kept extends { close(): void }>(socket: Kept): Kept {
    this.#sockets.push(socket);
    return socket;
  }

  async rep(): Promise<Reply> {
    const handler = this.keep(new Reply({ context: this.context, linger: 0 }));
    await handler.bind(ZAP);
    return handler;
  }

  async router(): Promise<Router> {
    const handler = this.keep(new Router({ context: this.context, linger: 0 }));
    await handler.bind(ZAP);
    return handler;
  }

  /** A handler that gives everybody the same reply, and notes what it is asked. */
  async answering(...reply: readonly (string | Buffer)[]): Promise<Buffer[][]> {
    const handler = await this.rep();
    const asked: Buffer[][] = [];
    handler.onMessage((request) => {
      asked.push(request);
      handler.trySend([...reply]);
    });
    return asked;
  }

  /** Somebody who connects, as he should. */
  client(options: SocketOptions<'DEALER'> = {}): Dealer {
    const dealer = this.keep(
      new Dealer({ context: this.context, linger: 0, ...mechanisms[this.#mechanism].client, ...options }),
    );
    dealer.connect(this.server.lastEndpoint!);
    return dealer;
  }

  /** Shows that a client was admitted. Gives what the server knows of it. */
  async admitted(client: Dealer): Promise<Peer> {
    await client.send('hello');
    const message = await this.server.receive();
    const peer = this.server.peerOf(message)!;
    await this.server.send([message[0]!, 'welcome']);
    await client.receive();
    return peer;
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }
}
