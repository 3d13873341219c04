import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Example, killAll, Ports, root } from './example.js';

const guide = `${root}examples/guide/`;
// inside the repository, where '@nest-zmq/core' is found as its users find it: built
const copies = `${root}.cache/guide-test/`;
const started = new Set<string>();

function start(name: string, ...args: readonly string[]): Example {
  started.add(`${name}.mjs`);
  return new Example(`${copies}${name}.mjs`, ...args);
}

beforeAll(async () => {
  rmSync(copies, { recursive: true, force: true });
  mkdirSync(copies, { recursive: true });
  const ports = await Ports.instead(['5555', '5556', '5557', '5558', '5559', '5560', '5561', '5563']);
  for (const file of readdirSync(guide))
    writeFileSync(`${copies}${file}`, ports.put(readFileSync(`${guide}${file}`, 'utf8')));
});

afterAll(async () => {
  await killAll();
  rmSync(copies, { recursive: true, force: true });
});

describe('the programs of the guide do what they say', () => {
  it('hello server and client', async () => {
    // either may be started first
    const client = start('hello-client');
    const server = start('hello-server');
    expect(await client.exited).toBe(0);
    expect(client.output).toBe(Array.from({ length: 10 }, (_, i) => `${i + 1}: Hello, World\n`).join(''));
    await server.stop();
    expect(server.output).toBe(`waiting for greetings\n${'received Hello\n'.repeat(10)}`);
  });

  it('weather server and clients', async () => {
    const server = start('weather-server');
    const [one, other] = [start('weather-client'), start('weather-client', '10042')];
    expect(await Promise.all([one.exited, other.exited])).toEqual([0, 0]);
    expect(one.output).toMatch(/^the average temperature of 10001 was -?\d+\.\d °C\n$/);
    expect(other.output).toMatch(/^the average temperature of 10042 was -?\d+\.\d °C\n$/);
    await server.stop();
  });

  it('tasks: ventilator, workers and sink', async () => {
    const ventilator = start('task-ventilator', '2');
    const workers = [start('task-worker'), start('task-worker')];
    const sink = start('task-sink');
    expect(await Promise.all([sink.exited, ventilator.exited])).toEqual([0, 0]);
    expect(sink.output).toMatch(/^100 tasks in \d+ ms\n$/);
    expect(ventilator.output).toMatch(/^waiting for 2 workers\nhanded out \d+ ms of work\n$/);
    for (const worker of workers) {
      await worker.stop();
      expect(worker.output).toBe('');
    }
  });

  it('broker, workers and clients', async () => {
    const clients = [start('broker-client'), start('broker-client')];
    const workers = [start('broker-worker', 'Ann'), start('broker-worker', 'Bob')];
    const broker = start('broker');
    for (const client of clients) {
      expect(await client.exited).toBe(0);
      expect(client.output).toMatch(/^(task \d+ done by (Ann|Bob)\n){10}$/);
    }
    for (const program of [broker, ...workers]) await program.stop();
  });

  it('lazy pirate', async () => {
    const server = start('lazy-pirate-server');
    await server.printed('waiting for requests');
    const client = start('lazy-pirate-client');
    expect(await server.exited).toBe(1);
    expect(server.output).toBe('waiting for requests\ntoo much to do\ncrashed\n');
    expect(await client.exited).toBe(0);
    expect(client.output).toMatch(/^answered: 1\nanswered: 2\nno answer to 3\nanswered: 3\n/);
    expect(client.output).toMatch(/(no answer to 5\n){3}the server seems to be gone\n$/);
  });

  it('publisher and subscribers that begin together', async () => {
    const subscribers = [start('sync-subscriber'), start('sync-subscriber')];
    const publisher = start('sync-publisher', '2');
    for (const subscriber of subscribers) {
      expect(await subscriber.exited).toBe(0);
      expect(subscriber.output).toBe('received 10000 updates\n');
    }
    expect(await publisher.exited).toBe(0);
    expect(publisher.output).toBe('waiting for 2 subscribers\npublished 10000 updates\n');
  });

  it('three steps in one program', async () => {
    const steps = start('steps');
    expect(await steps.exited).toBe(0);
    expect(steps.output).toBe('first: done, over to you\nsecond: done, over to you\nthird: all done\n');
  });

  it('all of them were run', () => {
    expect([...started].sort()).toEqual(readdirSync(guide).sort());
  });
});
