/** The draft sockets, as zeromq.js types them. */
import draft = require('zeromq/draft');

const { Client, Dish, Gather, Radio, Scatter, Server } = draft;

async function main(): Promise<void> {
  const [server, client] = [new Server({ linger: 0 }), new Client({ linger: 0, sendTimeout: 1000 })];
  await server.bind('tcp://127.0.0.1:*');
  client.connect(server.lastEndpoint!);
  await client.send('question');
  const [question, { routingId }] = await server.receive();
  await server.send(`answer to ${question.toString()}`, { routingId });
  const [answer] = await client.receive();
  console.log(answer.toString());

  const [radio, dish] = [new Radio({ linger: 0 }), new Dish({ linger: 0 })];
  await radio.bind('inproc://draft-radio');
  dish.connect('inproc://draft-radio');
  dish.join('news', Buffer.from('weather'));
  dish.leave('weather');
  await new Promise((resolve) => setImmediate(resolve));
  await radio.send('headline', { group: 'news' });
  const [headline, { group }] = await dish.receive();
  console.log(headline.toString(), group.toString());

  const [scatter, gather] = [new Scatter({ linger: 0, conflate: false }), new Gather({ linger: 0 })];
  await gather.bind('inproc://draft-gather');
  scatter.connect('inproc://draft-gather');
  await scatter.send('spread');
  for await (const [spread] of gather) {
    console.log(spread.toString());
    break;
  }
  for (const socket of [server, client, radio, dish, scatter, gather]) socket.close();
}

void main();
