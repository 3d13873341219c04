/** A program from the time of zeromq.js 5: sockets by name, events and callbacks. */
import zmq = require('zeromq/v5-compat');

interface Settings {
  readonly identity?: string;
  readonly linger?: number;
}

const settings: Settings = { identity: 'worker 1', linger: 0 };

function pushPull(next: () => void): void {
  const producer = zmq.socket('push');
  const worker = zmq.socket('pull');
  let count = 0;
  worker.on('message', (message: Buffer, part?: Buffer) => {
    console.log('work: %s %s', message.toString(), part === undefined ? '-' : part.toString());
    if (++count < 4) return;
    producer.close();
    worker.close();
    console.log(producer.closed, worker.closed);
    next();
  });
  producer.bind('tcp://127.0.0.1:*', (error) => {
    if (error) throw error;
    worker.connect(producer.getsockopt(zmq.ZMQ_LAST_ENDPOINT) as string);
    for (let i = 0; i < 3; i++) producer.send(`some work ${i}`);
    producer.send('last', zmq.ZMQ_SNDMORE);
    producer.send('part', 0, () => console.log('all is sent'));
  });
}

function requestReply(next: () => void): void {
  const [server, client] = [zmq.createSocket('router', { linger: 0 }), zmq.createSocket('dealer', settings)];
  server.on('message', (id: Buffer, empty: Buffer, question: Buffer) => {
    console.log(id.toString(), empty.length, question.toString());
    server.send([id, '', `answer to ${question.toString()}`]);
  });
  client.on('message', (...parts: Buffer[]) => {
    console.log(parts.map(String));
    server.close();
    client.close();
    next();
  });
  server.bindSync('inproc://v5');
  client.connect('inproc://v5');
  console.log(client.identity, client.getsockopt('linger'), client['type'], server._ioevents);
  client.setsockopt(zmq.ZMQ_SNDHWM, 10).setsockopt('reconnect_ivl', 50);
  console.log(client.getsockopt(zmq.ZMQ_SNDHWM), client.reconnect_ivl, client.whatever?.deeply);
  client.send(['', 'who are you?']);
}

function publishSubscribe(next: () => void): void {
  const publisher = zmq.socket('xpub');
  const subscriber: InstanceType<typeof zmq.Socket> = zmq.socket('sub');
  subscriber.subscribe('kitty cats').monitor();
  subscriber.on('connect', (_value: number, _endpoint: string) => {});
  subscriber.on('message', (topic: Buffer, message: Buffer) => {
    console.log(topic.toString(), message.toString());
    publisher.close();
    subscriber.close();
    next();
  });
  publisher.on('message', (subscription: Buffer) => {
    console.log(subscription);
    publisher.send(['dogs', 'woof!']).send(['kitty cats', 'meow!']);
  });
  publisher.on('bind', () => subscriber.connect(publisher.last_endpoint));
  publisher.bind('tcp://127.0.0.1:*');
}

function failures(next: () => void): void {
  const socket = zmq.socket('pair');
  socket.on('error', (error: NodeJS.ErrnoException) => {
    console.log(error.code, error.message);
    socket.close();
    next();
  });
  for (const call of [() => socket.subscribe('x'), () => socket.read(), () => socket.getsockopt(zmq.ZMQ_FD)]) {
    try {
      call();
    } catch (error) {
      console.log((error as Error).message);
    }
  }
  socket.bind('tcp://127.0.0.1');
}

const steps: ((next: () => void) => void)[] = [pushPull, requestReply, publishSubscribe, failures];

(function go(): void {
  const step = steps.shift();
  if (step === undefined) console.log('done', zmq.version, zmq.Context.getMaxSockets() > 0);
  else step(go);
})();
