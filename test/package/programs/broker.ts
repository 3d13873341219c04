/**
 * A job service as somebody may have written it for zeromq.js: a broker, workers and
 * clients, a status feed, a monitor, helpers with the types of the library. It uses most
 * of the surface, and says the same on every run.
 */
import {
  capability,
  Context,
  context,
  Dealer,
  type Event,
  type EventOfType,
  type EventSubscriber,
  type EventType,
  type Message,
  type MessageLike,
  type Observer,
  Pair,
  Proxy,
  Publisher,
  Pull,
  Push,
  type Readable,
  Reply,
  Request,
  Router,
  type RouterConnectOptions,
  Socket,
  type SocketOptions,
  Stream,
  Subscriber,
  version,
  type Writable,
  XPublisher,
  XSubscriber,
} from 'zeromq';
import { connect as connectTcp } from 'node:net';

interface Job {
  readonly id: number;
  readonly payload: string;
}

// ── helpers that are generic over sockets ──

async function sendJson(socket: Writable, value: unknown, ...envelope: MessageLike[]): Promise<void> {
  await socket.send([...envelope, JSON.stringify(value)]);
}

async function receiveJson<T>(socket: Readable): Promise<{ envelope: Message[]; value: T }> {
  const frames = await socket.receive();
  const body = frames.pop();
  if (body === undefined) throw new Error('no frames');
  return { envelope: frames, value: JSON.parse(body.toString()) as T };
}

function endpointOf(socket: Socket): string {
  const endpoint = socket.lastEndpoint;
  if (endpoint === null) throw new Error('not bound');
  return endpoint;
}

async function bound<S extends Socket>(socket: S, address = 'tcp://127.0.0.1:*'): Promise<[S, string]> {
  await socket.bind(address);
  return [socket, endpointOf(socket)];
}

const quick = { linger: 0, reconnectInterval: 20, reconnectMaxInterval: 200 } satisfies SocketOptions<Dealer>;
const patient: SocketOptions<Request> = {
  ...quick,
  sendTimeout: 2000,
  receiveTimeout: 2000,
  relaxed: true,
};

/** Options of one's own by libzmq's number, as the README says. */
class NamedDealer extends Dealer {
  constructor(name: string, options: SocketOptions<Dealer> = {}) {
    super({ ...options, routingId: name });
  }

  get backlogByNumber(): number {
    return this.getInt32Option(19);
  }

  set backlogByNumber(value: number) {
    this.setInt32Option(19, value);
  }

  get name(): string {
    return this.routingId ?? 'nobody';
  }
}

// ── the service ──

async function worker(name: string, endpoint: string, jobs: number): Promise<string[]> {
  const socket = new NamedDealer(name, quick);
  socket.backlogByNumber = 7;
  socket.connect(endpoint);
  await socket.send('ready');
  const done: string[] = [];
  for await (const [client, body] of socket) {
    const job = JSON.parse(body!.toString()) as Job;
    done.push(`${socket.name} did ${job.payload}`);
    await socket.send([client!, JSON.stringify({ id: job.id, by: socket.name, backlog: socket.backlogByNumber })]);
    if (done.length === jobs) break;
  }
  socket.close();
  return done;
}

async function broker(frontEnd: Router, backEnd: Router, feed: Publisher, jobs: number): Promise<void> {
  const idle: Message[] = [(await backEnd.receive())[0]!, (await backEnd.receive())[0]!];
  const waiting: Message[][] = [];
  const dispatch = async (): Promise<void> => {
    while (idle.length > 0 && waiting.length > 0) {
      const [to, [client, , job]] = [idle.shift()!, waiting.shift()!];
      await backEnd.send([to, client!, job!]);
      await feed.send(['dispatched', job!]);
    }
  };
  const fromClients = (async () => {
    for (let i = 0; i < jobs; i++) {
      waiting.push(await frontEnd.receive());
      await dispatch();
    }
  })();
  for (let answered = 0; answered < jobs;) {
    const [from, client, answer] = await backEnd.receive();
    if (answer !== undefined) {
      await frontEnd.send([client!, null, answer]);
      answered++;
    }
    idle.push(from!);
    await dispatch();
  }
  await fromClients;
}

async function service(): Promise<void> {
  const [frontEnd, front] = await bound(new Router({ ...quick, mandatory: true, handover: true }));
  const [backEnd, back] = await bound(new Router(quick));
  const [feed, topics] = await bound(new Publisher({ linger: 0, sendHighWaterMark: 50, noDrop: false }));

  const spectator = new Subscriber({ receiveHighWaterMark: 0, linger: 0 });
  spectator.subscribe('dispatched', Buffer.from('unused'));
  spectator.unsubscribe('unused');
  spectator.connect(topics);

  const working = Promise.all([worker('anna', back, 3), worker('bert', back, 3)]);
  const serving = broker(frontEnd, backEnd, feed, 6);
  const client = new Request(patient);
  client.connect(front);
  const answers: { id: number; backlog: number }[] = [];
  for (let id = 0; id < 6; id++) {
    await sendJson(client, { id, payload: `job ${id}` } satisfies Job);
    const { value } = await receiveJson<{ id: number; by: string; backlog: number }>(client);
    answers.push({ id: value.id, backlog: value.backlog });
  }
  console.log(answers);
  console.log((await working).map((done) => done.length));
  await serving;
  for (const socket of [frontEnd, backEnd, feed, spectator, client]) socket.close();
  console.log([frontEnd, backEnd, feed, spectator, client].every(({ closed }) => closed));
}

// ── a forwarder, by a proxy ──

async function forwarder(): Promise<void> {
  const [upstream, from] = await bound(new XSubscriber({ linger: 0 }));
  const [downstream, to] = await bound(new XPublisher({ linger: 0, verbosity: 'allSubs' }));
  const proxy = new Proxy<XSubscriber, XPublisher>(upstream, downstream);
  const running = proxy.run();
  const [publisher, subscriber] = [new XPublisher({ linger: 0 }), new Subscriber({ linger: 0 })];
  publisher.connect(from);
  subscriber.connect(to);
  subscriber.subscribe('t');
  const [subscription] = await publisher.receive();
  console.log(subscription);
  await publisher.send(['topic', 'through the proxy']);
  console.log((await subscriber.receive()).map(String));
  proxy.terminate();
  await running;
  console.log(proxy.frontEnd.closed, proxy.backEnd.closed);
  publisher.close();
  subscriber.close();
}

// ── what the monitor sees ──

function describe(event: Event): string {
  switch (event.type) {
    case 'connect:retry':
      return `${event.type} ${event.interval >= 0}`;
    case 'bind:error':
    case 'accept:error':
    case 'close:error':
    case 'handshake:error:other':
      return `${event.type} ${event.error.code} ${event.error.errno}`;
    case 'handshake:error:protocol':
      return `${event.type} ${event.error.code}`;
    case 'handshake:error:auth':
      return `${event.type} ${event.error.status}`;
    case 'end':
    case 'unknown':
      return event.type;
    default:
      return `${event.type} ${event.address.split(':')[0]}`;
  }
}

async function monitored(): Promise<void> {
  const [reply, endpoint] = await bound(new Reply(quick));
  const request = new Request(quick);
  const { events }: { events: Observer } = request;
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of events) seen.push(describe(event));
  })();
  const accepted = new Promise<EventOfType<'accept'>>((resolve) => {
    const subscription: EventSubscriber = reply.events.on('accept', resolve);
    subscription.off('accept', () => {});
  });
  request.connect(endpoint);
  await request.send('hello');
  await reply.receive();
  const type: EventType = (await accepted).type;
  console.log(type);
  reply.close();
  request.close();
  await watching;
  console.log(seen.slice(0, 3), seen.at(-1), events.closed);
}

// ── the rest ──

async function names(): Promise<void> {
  const [dealer, endpoint] = await bound(new Dealer({ ...quick, routingId: 'the dealer' }));
  const router = new Router({ ...quick, mandatory: true });
  const options: RouterConnectOptions = { routingId: 'as I call it' };
  router.connect(endpoint, options);
  await router.send(['as I call it', 'hello']);
  console.log(String(await dealer.receive()));
  try {
    router.sendTimeout = 0;
    await router.send(['nobody', 'x']);
  } catch (error) {
    const { code, errno, message } = error as NodeJS.ErrnoException;
    console.log(code, errno, message);
  }
  dealer.close();
  router.close();
}

async function raw(): Promise<void> {
  const [stream, endpoint] = await bound(new Stream({ linger: 0 }));
  const tcp = connectTcp(Number(endpoint.split(':').at(-1)), '127.0.0.1');
  const [id, begin] = await stream.receive();
  console.log(id.length, begin.length);
  tcp.write('GET /');
  const [again, bytes] = await stream.receive();
  console.log(again.equals(id), bytes.toString());
  await stream.send([id, 'HTTP/1.0 200 OK']);
  const answer = await new Promise<Buffer>((resolve) => tcp.once('data', resolve));
  console.log(answer.toString());
  tcp.destroy();
  stream.close();
}

async function conflated(): Promise<void> {
  const own = new Context({ blocky: false, maxSockets: 10 });
  console.log(own.blocky, own.maxSockets, own.maxMessageSize, context.ipv6);
  const [left, right] = [new Pair({ context: own }), new Pair({ context: own })];
  left.bindSync('inproc://pair');
  right.connect('inproc://pair');
  await left.send(Buffer.from('by reference'));
  console.log(String(await right.receive()), left.context === own);
  const [push, pull] = [new Push({ context: own, immediate: true }), new Pull({ context: own })];
  await pull.bind('inproc://pipe');
  push.connect('inproc://pipe');
  const floats = new Float64Array([1]);
  for (const message of ['text', 3, null, Buffer.from([1]), floats, floats.buffer] satisfies MessageLike[]) {
    await push.send(message);
  }
  for (let i = 0; i < 6; i++) console.log((await pull.receive())[0]);
  console.log(pull.readable, push.writable, push.type, pull.type, push instanceof Socket);
  for (const socket of [left, right, push, pull]) socket.close();
}

console.log(version, capability.ipc, capability.draft);
await service();
await forwarder();
await monitored();
await names();
await raw();
await conflated();
