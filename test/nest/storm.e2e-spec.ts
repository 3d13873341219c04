import { Router } from '@nest-zmq/core';
import {
  type ZmqClient,
  type ZmqClientOptions,
  ZmqPeerLostError,
  ZmqRecordBuilder,
  ZmqTimeoutError,
} from '@nest-zmq/transport';
import { firstValueFrom, type Observable } from 'rxjs';
import { type Apps, appsForEach } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { ServerProcess } from './support/server-process.js';
import { turns, until } from './turns.js';

/*
 * Servers in processes of their own, killed, frozen and started again under 1,000
 * concurrent calls: each call is settled once.
 */

const CALLS = 1_000;
const events = { bind: 'tcp://127.0.0.1:*' };

/** What a caller was told: one of `errors` and `completed`, once, if all is well. */
class Outcome {
  readonly values: unknown[] = [];
  readonly errors: unknown[] = [];
  completed = 0;
  readonly ended: Promise<void>;

  constructor(call: Observable<unknown>) {
    this.ended = new Promise((resolve) =>
      call.subscribe({
        next: (value) => this.values.push(value),
        error: (error: unknown) => {
          this.errors.push(error);
          resolve();
        },
        complete: () => {
          this.completed++;
          resolve();
        },
      }),
    );
  }

  get settled(): number {
    return this.errors.length + this.completed;
  }
}

const watch = (client: ZmqClient, pattern: string, data: unknown): Outcome => new Outcome(client.send(pattern, data));
const watchMany = (client: ZmqClient, pattern: string): Outcome[] =>
  Array.from({ length: CALLS }, (_, i) => watch(client, pattern, i));
const settled = (outcomes: readonly Outcome[]): number => outcomes.filter((outcome) => outcome.settled > 0).length;
const failed = (outcomes: readonly Outcome[]): Outcome[] => outcomes.filter(({ errors }) => errors.length > 0);

/** Each was told its end once, and the failed ones why. */
function expectOnce(outcomes: readonly Outcome[]): void {
  expect(outcomes.filter((outcome) => outcome.settled !== 1)).toEqual([]);
  for (const { errors } of failed(outcomes)) expect(errors[0]).toBeInstanceOf(ZmqPeerLostError);
}

/** At an address that nobody takes while the server is away. */
async function start(apps: Apps, name: string, bind?: string): Promise<ServerProcess> {
  const server = await ServerProcess.start({ bind: bind ?? (await apps.fixedAddress()), events, peerName: name });
  apps.defer(() => server.stop());
  return server;
}

async function connected(
  apps: Apps,
  servers: readonly ServerProcess[],
  options: Partial<ZmqClientOptions> = {},
): Promise<ZmqClient> {
  const client = apps.bareClient({
    connect: servers.flatMap((server) => [...server.info!.calls]),
    minPeers: servers.length,
    reconnect: { initialDelay: 10, maxDelay: 50 },
    ...options,
  });
  await client.connect();
  return client;
}

describe(`under ${CALLS} concurrent calls, a server`, () => {
  const apps = appsForEach();
  let a: ServerProcess;
  let b: ServerProcess;

  beforeEach(async () => {
    [a, b] = await Promise.all([start(apps(), 'a'), start(apps(), 'b')]);
  });

  it('that is killed fails the calls it had, once each; the others are answered', async () => {
    const client = await connected(apps(), [a, b]);
    const outcomes = watchMany(client, 'held');
    await until(() => a.running('held') === CALLS / 2 && b.running('held') === CALLS / 2);
    const lost = new Promise((resolve) => client.on('disconnect', resolve));
    a.kill('SIGKILL');
    await lost;
    // With the loss itself, not some time later.
    expect(failed(outcomes)).toHaveLength(CALLS / 2);
    b.child.send('go');
    await until(() => settled(outcomes) === CALLS);
    expectOnce(outcomes);
    expect(client.stats()?.calls).toMatchObject({ lost: CALLS / 2, answered: CALLS / 2, inFlight: 0, late: 0 });
  });

  it('that is frozen is found by its silence; what it says when it wakes up settles nothing again', async () => {
    const client = await connected(apps(), [a, b], { heartbeat: { interval: 500, timeout: 2_500 } });
    const outcomes = watchMany(client, 'held');
    await until(() => a.running('held') === CALLS / 2 && b.running('held') === CALLS / 2);
    a.kill('SIGSTOP');
    await until(() => failed(outcomes).length >= CALLS / 2);
    b.child.send('go');
    await until(() => settled(outcomes) === CALLS);
    a.kill('SIGCONT');
    a.child.send('go');
    await until(() => client.servers().length === 2);
    // A fence for whatever it still had to say.
    const pids = await Promise.all([1, 2].map(() => firstValueFrom(client.send<number>('pid', {}))));
    expect(new Set(pids)).toEqual(new Set([a.pid, b.pid]));
    expectOnce(outcomes);
  });

  it('that is killed and started again, twice, loses the calls it had and no other', async () => {
    const client = await connected(apps(), [a, b], { connectTimeout: 10_000 });
    const [address] = a.info!.calls;
    const outcomes: Outcome[] = [];
    let stop = false;
    // Each caller has one call in flight at any time.
    const callers = Array.from({ length: CALLS }, async () => {
      while (!stop) {
        const outcome = watch(client, 'pid', outcomes.length);
        outcomes.push(outcome);
        await outcome.ended;
      }
    });
    let running = a;
    for (let round = 0; round < 2; round++) {
      const before = outcomes.length;
      await until(() => outcomes.length > before + 2 * CALLS);
      running.kill('SIGKILL');
      await running.exited;
      running = await start(apps(), 'a', address);
      await until(() => client.servers().length === 2);
    }
    stop = true;
    await Promise.all(callers);
    expectOnce(outcomes);
    const { inFlight, waiting, lost, answered, sent } = client.stats()!.calls;
    expect({ inFlight, waiting, lost, answered }).toEqual({
      inFlight: 0,
      waiting: 0,
      lost: failed(outcomes).length,
      answered: outcomes.length - lost,
    });
    expect(sent).toBe(outcomes.length);
    // Only what was in flight at the moments of the two kills.
    expect(lost).toBeLessThanOrEqual(2 * CALLS);
  });

  it('both killed: all calls fail, once, and those that come later find nobody', async () => {
    const clock = new ManualClock();
    const client = await connected(apps(), [a, b], { connectTimeout: 200, clock });
    const outcomes = watchMany(client, 'never');
    await until(() => a.running('never') + b.running('never') === CALLS);
    a.kill('SIGKILL');
    b.kill('SIGKILL');
    await until(() => settled(outcomes) === CALLS);
    expectOnce(outcomes);
    expect(failed(outcomes)).toHaveLength(CALLS);
    const late = firstValueFrom(client.send('pid', {})).catch((error: unknown) => error);
    await until(() => client.stats()?.calls.waiting === 1);
    clock.advance(250);
    expect(await late).toMatchObject({ name: 'ZmqNoPeerError' });
  });
});

describe('a server that never answers', () => {
  const apps = appsForEach();

  it(`each of ${CALLS} calls fails at its deadline, at most 50 ms late`, async () => {
    const clock = new ManualClock();
    const silent = new Router({ context: apps().context });
    await silent.bind('tcp://127.0.0.1:*');
    apps().defer(() => silent.close());
    const client = apps().bareClient({ connect: silent.lastEndpoint ?? '', sendHighWaterMark: 0, clock });
    await client.connect();
    const late: number[] = [];
    let open = CALLS;
    for (let i = 0; i < CALLS; i++) {
      const deadline = 1 + ((i * 7_919) % 20_000);
      client.send('x', new ZmqRecordBuilder(i).setDeadline(deadline).build()).subscribe({
        error: (error: unknown) => {
          expect(error).toBeInstanceOf(ZmqTimeoutError);
          late.push(clock.now() - deadline);
          open--;
        },
      });
    }
    for (let elapsed = 0; elapsed < 21_000; elapsed += 10) clock.advance(10);
    expect(open).toBe(0);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...late)).toBeLessThanOrEqual(50);
    await turns();
    expect(client.stats()?.calls).toMatchObject({ timedOut: CALLS, inFlight: 0, waiting: 0 });
  });
});
