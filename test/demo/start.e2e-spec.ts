import { DemoClient } from './demo-client.js';
import { DemoProcess } from './demo-process.js';

afterAll(() => DemoProcess.killAll());

/** Starts everything; gives the starter, the gateway's client, and the process ids of the game servers. */
async function startAll(...args: string[]): Promise<[DemoProcess, DemoClient, number[]]> {
  const starter = DemoProcess.startAll(args, { PORT: '0', CLUSTER_PORT: '0' });
  const [url] = await starter.printed(/http:\/\/127\.0\.0\.1:\d+/);
  const players = new DemoClient(url);
  const listed = await players.until(
    (list) => list.length === 3 && list.every(({ reported }) => reported !== undefined),
  );
  return [starter, players, listed.map(({ reported }) => reported!.pid)];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('npm start', () => {
  it('shows a line per game server, and Ctrl+C ends them all in good order', async () => {
    const [starter, , pids] = await startAll();
    for (const name of ['game-1', 'game-2', 'game-3']) await starter.printed(new RegExp(`${name} at .* calls`));
    starter.signal('SIGINT');
    expect(await starter.exited).toEqual({ code: 0, signal: null });
    expect(starter.output).toContain('All stopped.');
    expect(pids.filter(isRunning)).toEqual([]);
  }, 60_000);

  it('shows the spans of all processes with --traces', async () => {
    const [starter, players] = await startAll('--traces');
    expect(await players.post('/players', { name: 'Ada' })).toMatchObject({ status: 201 });
    const [, traceId] = await starter.printed(/^\[game-\d\] span (\w{32}) server players\.join /m);
    await starter.printed(new RegExp(`^\\[gateway\\] span ${traceId} client players\\.join `, 'm'));
    starter.signal('SIGINT');
    expect(await starter.exited).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('ends with the program that started it', async () => {
    const [starter] = await startAll();
    expect(await starter.abandon()).toBe(1);
  }, 60_000);

  it('leaves no process behind when it is killed', async () => {
    const [starter, players] = await startAll();
    // the stream of the list ends when the gateway does
    const watching = players.until(() => false);
    watching.catch(() => undefined);
    starter.signal('SIGKILL');
    expect(await starter.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(watching).rejects.toThrow();
  }, 60_000);
});
