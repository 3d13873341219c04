import { Script } from 'node:vm';
import { DemoClient } from './demo-client.js';
import { DemoProcess } from './demo-process.js';
import { freePort } from '../support/free-port.js';

let gateway: DemoProcess;
let address: string;
let players: DemoClient;
const servers = new Map<string, DemoProcess>();
let joined = 0;

async function startServer(name: string): Promise<void> {
  const [server] = await DemoProcess.start('worker', { SERVER_NAME: name, GATEWAY: address });
  servers.set(name, server);
}

/** The name of the server that let the player in. */
async function join(rating = 1_000): Promise<{ id: string; server: string }> {
  const { status, body } = await players.post('/players', { name: `Player ${(joined += 1)}`, rating });
  expect({ status, body }).toEqual({ status: 201, body: expect.objectContaining({ rating, wins: 0, losses: 0 }) });
  return body as { id: string; server: string };
}

/** What Prometheus would read, without the prefix of the names. */
async function scrape(): Promise<Map<string, number>> {
  const response = await fetch(`${players.url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = [...(await response.text()).matchAll(/^nest_zmq_(\w+\{.*\}) (\S+)$/gm)];
  return new Map(lines.map(([, key, value]) => [key!, Number(value)]));
}

beforeAll(async () => {
  // It is to find the port free when it is started again.
  const [started, ready] = await DemoProcess.start('gateway', { PORT: String(await freePort()), CLUSTER_PORT: '0' });
  gateway = started;
  address = ready['gateway']!;
  players = new DemoClient(ready['http']!);
}, 30_000);

afterAll(() => DemoProcess.killAll());

describe('a gateway without game servers', () => {
  it('says so', async () => {
    expect(await players.get('/health')).toMatchObject({
      status: 503,
      body: {
        status: 'error',
        details: {
          'game-servers': { status: 'down', peersUp: 0, peers: [] },
          matchmaking: { status: 'down', workers: [] },
        },
      },
    });
    expect(await players.get('/servers')).toEqual({ status: 200, body: { servers: [] } });
  });

  it('answers a call with a typed error when nobody comes', async () => {
    const { status, body } = await players.post('/players', { name: 'Too early' });
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: 'ZmqNoPeerError' });
  });
});

describe('three game servers that know only the gateway', () => {
  beforeAll(async () => {
    await Promise.all(['game-1', 'game-2', 'game-3'].map(startServer));
    await players.untilListed('game-1', 'game-2', 'game-3');
  }, 30_000);

  it('are listed with where they are and since when', async () => {
    const { body } = await players.get('/servers');
    expect(body['servers']).toHaveLength(3);
    for (const server of body['servers'] as object[]) {
      expect(server).toMatchObject({
        address: expect.stringMatching(/127\.0\.0\.1:\d+$/),
        connectedSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        draining: false,
        inFlight: 0,
      });
    }
  });

  it('are asked for their health, each', async () => {
    const { status, body } = await players.get('/health');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { 'game-servers': { peersUp: 3 }, matchmaking: { status: 'up' } } },
    });
    const { peers } = (body['details'] as { 'game-servers': { peers: { name: string; up: boolean }[] } })[
      'game-servers'
    ];
    expect(new Map(peers.map(({ name, up }) => [name, up]))).toEqual(
      new Map(['game-1', 'game-2', 'game-3'].map((name) => [name, true])),
    );
  });

  it('share the players, and each player lives on one', async () => {
    const counts = new Map<string, number>();
    for (let number = 0; number < 30; number += 1) {
      const { server } = await join();
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([10, 10, 10]);
    const listed = await players.until((list) => list.every(({ reported }) => reported?.handled.calls === 10));
    expect(listed.map(({ answered, reported }) => [answered, reported?.players])).toEqual(Array(3).fill([10, 10]));
  });

  it('keep the rules: names are taken once, bad requests do not reach them', async () => {
    expect(await players.post('/players', { name: 'Ada' })).toMatchObject({ status: 201 });
    expect(await players.post('/players', { name: ' ada ' })).toMatchObject({ status: 409 });
    for (const wrong of [
      {},
      { name: '' },
      { name: 7 },
      { name: 'x'.repeat(41) },
      { name: 'Bo', rating: 1.5 },
      [],
      null,
    ]) {
      expect(await players.post('/players', wrong)).toMatchObject({ status: 400 });
    }
    const cut = { method: 'POST', body: '{"name":', headers: { 'content-type': 'application/json' } };
    expect(await fetch(`${players.url}/players`, cut)).toMatchObject({ status: 400 });
    expect(await players.post('/announcements', { text: 'Hi', ratingBonus: 6 })).toMatchObject({ status: 400 });
    expect(await players.post('/matchmaking', {})).toMatchObject({ status: 400 });
    expect(await players.post('/matchmaking', { playerId: 'nobody' })).toMatchObject({ status: 404 });
    expect(await players.get('/players/nobody')).toMatchObject({ status: 404 });
    expect(await players.get('/matchmaking/none')).toMatchObject({ status: 404 });
    expect(await players.get('/nowhere')).toMatchObject({ status: 404 });
  });

  it('let a player go, wherever it lives', async () => {
    const { body } = await players.post('/players', { name: 'Short visit' });
    const before = await players.get(`/players/${String(body['id'])}`);
    expect(before).toMatchObject({ status: 200, body: { online: true, server: body['server'] } });
    expect(await players.delete(`/players/${String(body['id'])}`)).toMatchObject({ status: 204 });
    expect(await players.get(`/players/${String(body['id'])}`)).toMatchObject({ status: 404 });
    // 30 and Ada
    await players.until((list) => list.reduce((sum, { reported }) => sum + (reported?.players ?? 0), 0) === 31);
  });

  it('all hear what is announced, and act on it', async () => {
    const { status } = await players.post('/announcements', { text: 'Triple points!', ratingBonus: 3 });
    expect(status).toBe(202);
    await players.until((list) =>
      list.every(({ reported }) => reported?.lastAnnouncement === 'Triple points!' && reported.ratingBonus === 3),
    );
  });

  it('pair the players who wait, and play the match; each server books its own', async () => {
    const contenders = [await join(1_500), await join(1_500)];
    const tickets: string[] = [];
    for (const { id } of contenders) {
      const { status, body } = await players.post('/matchmaking', { playerId: id });
      expect(status).toBe(202);
      tickets.push(String(body['ticket']));
      if (tickets.length > 1) break;
      // waits alone
      expect(await players.post('/matchmaking', { playerId: id })).toMatchObject({ status: 409 });
      expect(await players.get('/matchmaking')).toMatchObject({ body: { waiting: 1, matches: 0 } });
    }
    await players.until((list) => list.some(({ reported }) => reported?.matches === 1));
    const results = await Promise.all(tickets.map((ticket) => players.get(`/matchmaking/${ticket}`)));
    for (const { body } of results)
      expect(body).toMatchObject({ state: 'played', match: { server: expect.any(String) } });
    const standings = await Promise.all(contenders.map(({ id }) => players.get(`/players/${id}`)));
    // an even match under the triple bonus
    expect(new Set(standings.map(({ body }) => body['rating']))).toEqual(new Set([1_452, 1_548]));
    expect(standings.map(({ body }) => Number(body['wins']) + Number(body['losses']))).toEqual([1, 1]);
  });

  it('and the gateway have metrics, all at one address', async () => {
    const metrics = await scrape();
    // 30 players, Ada, one short visit, two contenders
    const joined = ['game-1', 'game-2', 'game-3'].map((name) =>
      metrics.get(
        `server_call_duration_seconds_count{name="${name}",pattern="players.join",outcome="completed",process="${name}"}`,
      ),
    );
    expect(joined.reduce((sum: number, count) => sum + count!, 0)).toBe(34);
    expect(metrics.get('client_servers{name="gateway",process="gateway"}')).toBe(3);
    expect(metrics.get('pool_workers{name="matchmaking",process="gateway"}')).toBe(3);
    const done = ['game-1', 'game-2', 'game-3'].map((name) =>
      metrics.get(`workers_done_total{name="matchmaking",process="${name}"}`),
    );
    expect(done.reduce((sum: number, count) => sum + count!, 0)).toBeGreaterThanOrEqual(1);
  });

  it('are on a page for browsers; programs get a list', async () => {
    expect((await players.get('/')).body).toHaveProperty(['GET /metrics']);
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const response = await fetch(players.url, { headers: { accept } });
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    const page = await response.text();
    expect(page).toContain(`GATEWAY=${address} node `);
    const [, script] = /<script>([\s\S]*)<\/script>/.exec(page)!;
    expect(() => new Script(script!)).not.toThrow();
    const parts = [...script!.matchAll(/\bat\('(\w+)'\)/g)].map(([, id]) => id!);
    expect(parts.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);
    const metrics = [...(await scrape()).keys()];
    const summed = [...script!.matchAll(/\bof\('(\w+)'\)/g)].map(([, name]) => name!);
    expect(summed.length).toBeGreaterThan(3);
    expect(summed.filter((name) => !metrics.some((key) => key.startsWith(`${name}{`)))).toEqual([]);
  });

  it('take one more in while the gateway runs', async () => {
    await startServer('game-4');
    await players.untilListed('game-1', 'game-2', 'game-3', 'game-4');
    const answeredBy = new Set<string>();
    for (let number = 0; number < 8; number += 1) answeredBy.add((await join()).server);
    expect(answeredBy).toEqual(new Set(['game-1', 'game-2', 'game-3', 'game-4']));
  });

  it('when one is frozen, its health says so, and its metrics are left out', async () => {
    servers.get('game-4')!.signal('SIGSTOP');
    const { status, body } = await players.get('/health');
    expect({ status, body }).toMatchObject({ status: 200, body: { details: { 'game-servers': { peersUp: 3 } } } });
    const { peers } = (body['details'] as { 'game-servers': { peers: { name: string; up: boolean }[] } })[
      'game-servers'
    ];
    expect(peers.filter(({ up }) => !up).map(({ name }) => name)).toEqual(['game-4']);
    const processes = [...(await scrape()).keys()].map((key) => /process="(.+?)"/.exec(key)![1]!);
    expect(new Set(processes)).toEqual(new Set(['gateway', 'game-1', 'game-2', 'game-3']));
    servers.get('game-4')!.signal('SIGCONT');
    await players.until((list) => list.every(({ inFlight }) => inFlight === 0));
  });

  it('when one is killed: its call fails at once and says where, the next calls do not notice', async () => {
    servers.get('game-4')!.signal('SIGSTOP');
    const calls = Array.from({ length: 4 }, (_, number) => players.post('/players', { name: `Unlucky ${number}` }));
    await players.until((list) => list.some(({ name, inFlight }) => name === 'game-4' && inFlight === 1));
    const killedAt = performance.now();
    servers.get('game-4')!.signal('SIGKILL');
    const answers = await Promise.all(calls);
    expect(performance.now() - killedAt).toBeLessThan(1_000);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.find(({ status }) => status === 503)!.body).toMatchObject({
      error: 'ZmqPeerLostError',
      server: 'game-4',
    });
    await players.untilListed('game-1', 'game-2', 'game-3');
    for (let number = 0; number < 6; number += 1) await join();
  });

  it('when one is drained: no call fails, and it ends by itself', async () => {
    let drained = false;
    const leaving = servers
      .get('game-3')!
      .stop()
      .finally(() => (drained = true));
    while (!drained) await join();
    expect(await leaving).toEqual({ code: 0, signal: null });
    await players.untilListed('game-1', 'game-2');
  });

  it('find their gateway again when it was restarted', async () => {
    const { port } = new URL(players.url);
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    const clusterPort = address.split(':').at(-1)!;
    [gateway] = await DemoProcess.start('gateway', { PORT: port, CLUSTER_PORT: clusterPort });
    await players.untilListed('game-1', 'game-2');
    expect(await players.post('/players', { name: 'Back again' })).toMatchObject({ status: 201 });
  }, 30_000);

  it('and the gateway stops although somebody watches', async () => {
    const watching = players.until(() => false);
    watching.catch(() => undefined);
    await players.get('/health');
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
    await expect(watching).rejects.toThrow();
    for (const name of ['game-1', 'game-2']) {
      expect(await servers.get(name)!.stop()).toEqual({ code: 0, signal: null });
      expect(servers.get(name)!.output).not.toMatch(/ERROR/);
    }
  }, 30_000);
});
