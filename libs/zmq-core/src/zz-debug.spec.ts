import { Context, Pull, Push } from './index.js';
it.each([1, 3])('pausing sink %i', async (n) => {
  const context = new Context();
  const push = new Push({ context, immediate: true, sendHighWaterMark: 16 });
  await push.bind('inproc://a');
  const pull = new Pull({ context, receiveHighWaterMark: n });
  pull.connect('inproc://a');
  const got: string[] = [];
  let running = 0, taking = true;
  const sink = (m: Buffer[]) => {
    got.push(String(m[0]));
    if (++running >= n) { taking = false; pull.onMessage(undefined); }
    void Promise.resolve().then(() => { running--; if (!taking) { taking = true; pull.onMessage(sink); } });
  };
  pull.onMessage(sink);
  for (let i = 0; i < 30; i++) await push.send(String(i));
  for (let i = 0; i < 200; i++) await new Promise((r) => setImmediate(r));
  console.log(got.length, got.join());
  push.close(); pull.close();
});
