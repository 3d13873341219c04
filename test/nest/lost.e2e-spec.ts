import type { Dealer } from '@nest-zmq/core';
import { type ZmqClient, ZmqPeerLostError } from '@nest-zmq/transport';
import { ManualClock } from '@nest-zmq/transport/testing';
import { firstValueFrom } from 'rxjs';
import { Apps } from './support/apps.js';
import { ProcessAddresses, processTransports } from './support/process-ways.js';
import { ServerProcess } from './support/server-process.js';
import { turns, until } from './turns.js';

const pid = (client: ZmqClient): Promise<number> => firstValueFrom(client.send<number>('pid', {}));
const failed = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );

const sorted = (pids: (number | undefined)[]): (number | undefined)[] => pids.toSorted((x = 0, y = 0) => x - y);

describe.each(processTransports)('a server that is killed, over %s', (transport) => {
  let apps: Apps;
  let addresses: ProcessAddresses;
  let a: ServerProcess;
  let b: ServerProcess;
  let client: ZmqClient;

  beforeEach(async () => {
    apps = new Apps();
    addresses = new ProcessAddresses(transport);
    apps.defer(() => addresses.remove());
    // Nobody takes its address while it is away.
    [a, b] = await Promise.all([start('a', await addresses.fixed()), start('b')]);
    // Its time stands still: whatever happens here, no timeout of the client has made it happen.
    const clock = new ManualClock();
    client = apps.bareClient({ connect: [...a.info!.calls, ...b.info!.calls], minPeers: 2, clock });
    await client.connect();
  });
  afterEach(() => apps.close());

  async function start(peerName: string, bind = addresses.next()): Promise<ServerProcess> {
    const server = await ServerProcess.start({ bind, events: { bind: addresses.next() }, peerName });
    apps.defer(() => server.stop());
    return server;
  }

  it('takes its calls with it, at once and with a reason; the others go on', async () => {
    const calls = Array.from({ length: 10 }, () => failed(firstValueFrom(client.send('never', {}))));
    await until(() => a.running('never') === 5 && b.running('never') === 5);
    const lost = client.servers().find(({ name }) => name === 'a');
    expect(lost?.inFlight).toBe(5);
    const gone = new Promise((resolve) => client.on('disconnect', (_peer, reason) => resolve(reason)));
    const { events: ofConnections } = client.unwrap<{ calls: Dealer }>().calls;
    const closed = new Promise((resolve) => ofConnections.on('disconnect', resolve));
    a.kill('SIGKILL');
    // In the turn in which the connection is closed: far within the 100 ms that are allowed.
    await closed;
    const reason = await Promise.race([gone, turns().then(() => 'not told')]);
    const errors = await Promise.all(calls.map((call) => Promise.race([call, Promise.resolve('pending')])));
    const mine = errors.filter((error) => error instanceof ZmqPeerLostError);
    expect(mine).toHaveLength(5);
    expect(errors.filter((error) => error === 'pending')).toHaveLength(5);
    for (const error of mine) {
      expect(error).toMatchObject({
        name: 'ZmqPeerLostError',
        code: 'PEER_LOST',
        address: lost?.address,
        peerName: 'a',
        reason: (reason as { code: string }).code,
        cause: expect.anything(),
      });
    }
    expect(await Promise.all([pid(client), pid(client), pid(client)])).toEqual([b.pid, b.pid, b.pid]);
    expect(client.stats()?.calls).toMatchObject({ inFlight: 5, lost: 5 });
    apps.leaves('calls in flight');
  });

  it('is used again when it is back', async () => {
    const [address] = a.info!.calls;
    a.kill('SIGKILL');
    await a.exited;
    await until(() => client.servers().length === 1);
    const again = await start('a', address);
    await until(() => client.servers().length === 2);
    const pids = await Promise.all(Array.from({ length: 4 }, () => pid(client)));
    expect(sorted(pids)).toEqual(sorted([again.pid, again.pid, b.pid, b.pid]));
  });

  it('ends no call that another server has: a stopped process answers late, not wrongly', async () => {
    a.kill('SIGSTOP');
    const calls = Promise.all(Array.from({ length: 4 }, () => pid(client)));
    await until(() => client.stats()?.calls.answered === 2);
    a.kill('SIGCONT');
    expect(sorted(await calls)).toEqual(sorted([a.pid, a.pid, b.pid, b.pid]));
  });
});
