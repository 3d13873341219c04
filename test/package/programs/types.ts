/** What the types allow, and what they do not. It is only checked, never run. */
import * as zmq from 'zeromq';

export type Same<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;

export const message: Same<zmq.Message, Buffer> = true;
export const messageLike: Same<
  zmq.MessageLike,
  ArrayBufferView | ArrayBuffer | SharedArrayBuffer | string | number | null
> = true;
export const receivedOfPull: Same<Awaited<ReturnType<zmq.Pull['receive']>>, Buffer[]> = true;
export const receivedOfStream: Same<Awaited<ReturnType<zmq.Stream['receive']>>, [Buffer, Buffer]> = true;
export const interval: Same<
  zmq.EventOfType<'connect:retry'>,
  { type: 'connect:retry'; address: string; interval: number }
> = true;
export const end: Same<zmq.EventOfType<'end'>, { type: 'end' }> = true;
export const types: Same<zmq.EventType, zmq.Event['type']> = true;
export const mechanism: Same<zmq.Socket['securityMechanism'], null | 'plain' | 'curve' | 'gssapi'> = true;
export const optionsOfRouter: Same<
  Exclude<keyof zmq.SocketOptions<zmq.Router>, keyof zmq.SocketOptions<zmq.Dealer>>,
  'mandatory' | 'handover'
> = true;
export const optionsOfPush: Same<
  Exclude<keyof zmq.SocketOptions<zmq.Push>, keyof zmq.SocketOptions<zmq.Socket>>,
  'conflate' | 'sendBufferSize' | 'sendHighWaterMark' | 'sendTimeout' | 'multicastHops'
> = true;
export const optionsOfContext: Same<
  keyof NonNullable<ConstructorParameters<typeof zmq.Context>[0]>,
  'ioThreads' | 'maxSockets' | 'threadPriority' | 'threadSchedulingPolicy' | 'maxMessageSize' | 'ipv6' | 'blocky'
> = true;

export function wrong(push: zmq.Push, pull: zmq.Pull, stream: zmq.Stream, dealer: zmq.Dealer): void {
  // @ts-expect-error: a PULL does not send
  void pull.send('x');
  // @ts-expect-error: a PUSH does not receive
  void push.receive();
  // @ts-expect-error: a STREAM sends an id and bytes
  void stream.send('x');
  // @ts-expect-error: only a ROUTER and a STREAM name whom they connect to
  dealer.connect('tcp://127.0.0.1:1', { routingId: 'x' });
  // @ts-expect-error: it cannot be set
  dealer.type = 5;
  // @ts-expect-error: it cannot be set
  dealer.events = push.events;
  // @ts-expect-error: for subclasses only
  dealer.getInt32Option(17);
  // @ts-expect-error: a subclass says what it is
  new zmq.Socket(5);
  // @ts-expect-error: there is no such option
  new zmq.Dealer({ misspelt: 1 });
  // @ts-expect-error: a number
  new zmq.Dealer({ linger: 'x' });
  // @ts-expect-error: read only
  new zmq.Dealer({ lastEndpoint: 'x' });
  // @ts-expect-error: not a message
  void push.send({ an: 'object' });
  // @ts-expect-error: no such event
  dealer.events.on('error', () => {});
  // @ts-expect-error: an `end` has no address
  dealer.events.on('end', (event) => event.address);
}

export function generic<M extends zmq.MessageLike>(socket: zmq.Writable<M>, message_: M): Promise<void> {
  socket.sendTimeout = 5;
  return socket.send(message_);
}

export async function each(socket: zmq.Readable<[Buffer, Buffer]>): Promise<number> {
  socket.receiveTimeout = 5;
  for await (const [first, second] of socket) return first.length + second.length;
  return 0;
}

export const key: { publicKey: string; secretKey: string } = zmq.curveKeyPair();
