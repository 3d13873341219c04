import { Context, Push } from '@nest-zmq/core';

const context = new Context({ maxSockets: 5000, blocky: false });
const push = new Push({ context, sendHighWaterMark: 10_000, reconnectMaxInterval: 5_000 });
push.connect('tcp://127.0.0.1:5557');

push.sendTimeout = 1_000;
console.log(push.sendHighWaterMark, push.sendTimeout, push.linger);

try {
  push.sendTimeout = -2;
} catch (error) {
  console.log(String(error));
}
push.close();
