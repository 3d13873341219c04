// Passes requests of any number of clients to any number of workers, and the answers back.
// Clients and workers know only the broker: both may come and go.
import { Dealer, Proxy, Router } from '@nest-zmq/core';

const clients = new Router();
const workers = new Dealer();
await clients.bind('tcp://127.0.0.1:5559');
await workers.bind('tcp://127.0.0.1:5560');
console.log('passing on');

await new Proxy(clients, workers).run();
