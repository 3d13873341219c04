import { Dealer, Router } from '@nest-zmq/core';

const router = new Router();
await router.bind('tcp://127.0.0.1:5557');

const dealer = new Dealer({ routingId: 'kitchen', metadata: { 'X-Floor': '2' } });
dealer.connect('tcp://127.0.0.1:5557');

// small parts are copied: this memory may be used again at once
const line = Buffer.alloc(16);
for (const drink of ['tea', 'milk']) {
  const size = line.write(drink);
  await dealer.send(['order', line.subarray(0, size)]);
}

const kept: Buffer[] = [];
while (kept.length < 2) {
  const message = await router.receive();
  const [id, , drink] = message;
  const peer = router.peerOf(message)!;
  console.log(
    `${String(id)}, floor ${peer.properties['X-Floor']}, at ${peer.properties['Peer-Address']}: ${String(drink)}`,
  );
  kept.push(Buffer.from(drink!)); // a copy: the received part is a view on all that came with it
}

dealer.close();
router.close();
