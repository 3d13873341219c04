import { DemoClient } from './demo-client.js';
import { DemoProcess } from './demo-process.js';

/*
 * The demo knows OpenTelemetry's API only. Here an SDK is loaded before each of its processes, as `npm start -- --traces`
 * does it, and prints a line for each span.
 */
const tracing = `--import ${new URL('../../scripts/demo/tracing.mjs', import.meta.url).href}`;
let gateway: DemoProcess;
let players: DemoClient;
const servers: DemoProcess[] = [];

beforeAll(async () => {
  const env = { NODE_OPTIONS: tracing };
  const [started, ready] = await DemoProcess.start('gateway', { ...env, PORT: '0', CLUSTER_PORT: '0' });
  gateway = started;
  players = new DemoClient(ready['http']!);
  for (const name of ['game-1', 'game-2']) {
    const [server] = await DemoProcess.start('worker', { ...env, SERVER_NAME: name, GATEWAY: ready['gateway']! });
    servers.push(server);
  }
  await players.untilListed('game-1', 'game-2');
}, 30_000);

afterAll(() => DemoProcess.killAll());

/** Resolves when the process has printed the span; with the id of its trace. */
async function span(process: DemoProcess, what: string, traceId = '[0-9a-f]{32}'): Promise<string> {
  const [, id] = await process.printed(new RegExp(`^span (${traceId}) ${what} \\d`, 'm'));
  return id!;
}

async function join(name: string): Promise<string> {
  const { body } = await players.post('/players', { name, rating: 1_000 });
  return String(body['id']);
}

describe('with an SDK', () => {
  it('a call is one trace of two processes', async () => {
    await join('Ada');
    const traceId = await span(gateway, 'client players\\.join');
    const server = await Promise.race(servers.map((one) => span(one, 'server players\\.join')));
    expect(server).toBe(traceId);
  });

  it('a task, the call that its worker makes, and the event after it are one trace of all of them', async () => {
    const contenders = [await join('Bea'), await join('Cid')];
    for (const playerId of contenders) await players.post('/matchmaking', { playerId });
    const traceId = await span(gateway, 'producer push matchmaking rounds\\.play');
    await Promise.race(servers.map((one) => span(one, 'consumer process matchmaking rounds\\.play', traceId)));
    await Promise.race(servers.map((one) => span(one, 'client rounds\\.played', traceId)));
    await span(gateway, 'server rounds\\.played', traceId);
    await span(gateway, 'producer publish match\\.finished', traceId);
    await Promise.all(servers.map((one) => span(one, 'consumer process match\\.finished', traceId)));
  });

  it('what is not recorded where it begins is recorded nowhere', async () => {
    // each has reported by now
    await players.until((list) => list.every(({ reported }) => reported !== undefined));
    for (const process of [gateway, ...servers]) expect(process.output).not.toContain('servers.report');
  });
});
