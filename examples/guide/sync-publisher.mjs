// Publishes when everybody is there, so that nobody misses the beginning: node sync-publisher.mjs [subscribers]
import { XPublisher } from '@nest-zmq/core';

const wanted = Number(process.argv[2] ?? 2);
// an XPUB is a PUB that sees its subscribers: each subscription is a message
const publisher = new XPublisher({ verbosity: 'allSubs', sendHighWaterMark: 0 });
await publisher.bind('tcp://127.0.0.1:5561');

console.log(`waiting for ${wanted} subscribers`);
for (let there = 0; there < wanted; there++) await publisher.receive();

for (let i = 0; i < 10_000; i++) await publisher.send(String(i));
await publisher.send('end');
console.log('published 10000 updates');
publisher.close();
