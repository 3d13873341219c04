import { ZmqClient, ZmqServer } from '@nest-zmq/transport';
import { firstValueFrom, from } from 'rxjs';
it('core', async () => {
  const server = new ZmqServer({ bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' } });
  server.addHandler('sum', async (d: number[]) => from([1,2,3,4]));
  const info = await new Promise<{calls: string[], events: string[]}>((res, rej) => void server.listen((e, i) => e ? rej(e) : res(i as never)));
  const client = new ZmqClient({ connect: info.calls, events: {connect: info.events} });
  console.log(await client.connect().then(() => 'connected', (e) => e));
  await new Promise<void>((res) => client.send('sum', [1, 2, 3]).subscribe({ next: (v) => { console.log(v); if (v === 4) res();}, complete: () => console.log('complete'), error: (e) => {console.log('error', e); res(); } }));
  console.log(server.stats(), client.stats());
  await client.close();
  console.log('client closed');
  await server.close();
}, 3000);
