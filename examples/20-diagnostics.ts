import { channelNames, type ConnectionEnded, counters, Dealer, Router, stats } from '@nest-zmq/core';
import { subscribe } from 'node:diagnostics_channel';
import { connect } from 'node:net';

const router = new Router({ maxMessageSize: 1024 });
await router.bind('tcp://127.0.0.1:5563');

// Told once for each connection that ends otherwise than by our own will.
const ended = new Promise<ConnectionEnded>((resolve) =>
  subscribe(channelNames.ended, (record) => resolve(record as ConnectionEnded)),
);

const good = new Dealer();
good.connect('tcp://127.0.0.1:5563');
await good.send('hello');
await router.receive();

// A browser has lost its way.
const browser = connect(5563, '127.0.0.1', () => browser.end('GET / HTTP/1.1\r\n\r\n'));

const { reason, error } = await ended;
console.log(`${reason}: ${counters[reason]}`);
console.log(error.message);

const { sockets, connections, counters: counted } = stats();
console.log(`${sockets} sockets, ${connections} connections, ${counted.greeting} strangers`);

good.close();
router.close();
