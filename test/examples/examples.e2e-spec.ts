import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Example as Program, killAll, listening, orderAtShop, Ports, root } from './example.js';

// inside the repository, where '@nest-zmq/…' is found as its users find it: built
const compiled = `${root}.cache/examples-test/`;
const started = new Set<string>();
let ports: Ports;

class Example extends Program {
  constructor(name: string) {
    started.add(`${name}.ts`);
    super(`${compiled}${name}.js`);
  }
}

beforeAll(async () => {
  rmSync(compiled, { recursive: true, force: true });
  mkdirSync(compiled, { recursive: true });
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}examples`, '--outDir', compiled];
  const { status, stdout } = spawnSync(process.execPath, tsc, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  const observed = ['5563', '5564', '5565', '5566', '5567'];
  ports = await Ports.instead([
    '3000',
    '5555',
    '5557',
    '5558',
    '5560',
    '5561',
    '5562',
    '5570',
    '5571',
    '5572',
    '5573',
    '5580',
    ...observed,
  ]);
  for (const file of readdirSync(compiled).filter((name) => name.endsWith('.js')))
    writeFileSync(`${compiled}${file}`, ports.put(readFileSync(`${compiled}${file}`, 'utf8')));
}, 60_000);

afterAll(async () => {
  await killAll();
  rmSync(compiled, { recursive: true, force: true });
});

describe('the examples do what they say', () => {
  it('service and client', async () => {
    // either may be started first
    const client = new Example('client');
    const service = new Example('service');
    expect(await client.exited).toBe(0);
    expect(client.output).toBe('6\n');
    await service.stop();
  });

  it('gateway and shop', async () => {
    await orderAtShop((name) => new Example(name), ports);
  });

  it('core', async () => {
    const core = new Example('core');
    expect(await core.exited).toBe(0);
    expect(core.output).toBe('job: wake up\njob: make coffee\njob: write code\n');
  });

  it('01 calls', async () => {
    const calls = new Example('01-calls');
    expect(await calls.exited).toBe(0);
    expect(calls.output).toBe(
      [
        '3',
        "{ code: 'NO_ITEM', message: 'Which item?' }",
        '[ 0, 1, 2 ]',
        "[ 'page 1', 'page 2', 'page 3' ]",
        'search.tea for green, asked by ann',
        'server: nobody waits any more',
        'client: ZmqTimeoutError',
        '',
      ].join('\n'),
    );
  });

  it('02 events', async () => {
    const events = new Example('02-events');
    expect(await events.exited).toBe(0);
    expect(events.output.trim().split('\n').sort()).toEqual([
      'ledger: order 1',
      'mail: order 1 is paid',
      'mail: orders.paid 1',
      'mail: orders.sent 1',
    ]);
  });

  it('03 errors', async () => {
    const errors = new Example('03-errors');
    expect(await errors.exited).toBe(0);
    expect(errors.output).toBe('200 tea and cake\n404 {"statusCode":404,"message":"There is no order 2"}\n');
  });

  it('04 forwarder', async () => {
    const forwarder = new Example('04-forwarder');
    expect(await forwarder.exited).toBe(0);
    expect(forwarder.output.trim().split('\n').sort()).toEqual(['screen: north', 'screen: south']);
  });

  it('05 testing', async () => {
    const testing = new Example('05-testing');
    expect(await testing.exited).toBe(0);
    expect(testing.output).toMatch(/pass 3$/m);
    expect(testing.output).toMatch(/fail 0$/m);
  });

  it('06 images, a pool and its worker', async () => {
    const pool = new Example('06-images-pool');
    const worker = new Example('06-images-worker');
    expect(await pool.exited).toBe(0);
    for (const file of ['cat', 'dog', 'owl']) await worker.printed(`${file}.png: 200 pixels wide (attempt 1)`);
    await worker.stop();
    for (const { output } of [pool, worker]) expect(output).not.toMatch(/ERROR|WARN/);
  });

  it('07 orders, a pool and its worker', async () => {
    const pool = new Example('07-orders-pool');
    const worker = new Example('07-orders-worker');
    expect(await pool.exited).toBe(0);
    expect(pool.output).toContain('tea and cake: 7\n');
    expect(pool.output).toContain('ship 2: failed');
    await worker.printed('Order 1 is shipped');
    await worker.stop();
    expect(pool.output).not.toMatch(/ERROR|WARN/);
    // Of the order that cannot be shipped.
    expect(worker.output.match(/ERROR/g)).toHaveLength(1);
  });

  it('08 security, a service and a client', async () => {
    const client = new Example('08-security-client');
    const service = new Example('08-security-service');
    expect(await client.exited).toBe(0);
    expect(client.output).toBe('Hello, shop-7\n');
    await service.stop();
  });

  it('09 health and metrics', async () => {
    const observed = new Example('09-health-and-metrics');
    await observed.printed('Nest application successfully started');
    await listening(ports.get('3000'));
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${ports.get('3000')}/${path}`);
    expect(await (await get('hello')).text()).toBe('Hello');
    expect(await (await get('health')).json()).toMatchObject({ status: 'ok', details: { hello: { peersUp: 1 } } });
    const metrics = await (await get('metrics')).text();
    expect(metrics).toContain('nest_zmq_server_calls_completed_total{name="hello-1"} 1');
    expect(metrics).toContain('pattern="hello",outcome="completed"} 1');
    await observed.stop();
    expect(observed.output).not.toMatch(/ERROR|WARN/);
  });

  it('10 tracing', async () => {
    const traced = new Example('10-tracing');
    expect(await traced.exited).toBe(0);
    const traces = [...traced.output.matchAll(/^ {2}traceId: '(.+)'/gm)].map(([, id]) => id);
    expect([traces.length, new Set(traces).size]).toEqual([2, 1]);
  });

  it('11 payloads', async () => {
    const codecs = new Example('11-payloads');
    expect(await codecs.exited).toBe(0);
    expect(codecs.output).toBe('application/msgpack: 3 bytes\napplication/x-protobuf: 3 bytes\n');
  });

  it('12 modules', async () => {
    const service = new Example('12-modules');
    expect(await service.exited).toBe(0);
    expect(service.output).toBe('tea costs 3\n');
  });

  it('13 shutdown', async () => {
    const hybrid = new Example('13-shutdown');
    await hybrid.printed('Nest application successfully started');
    await listening(ports.get('3000'));
    const response = await fetch(`http://127.0.0.1:${ports.get('3000')}/time`);
    expect(await response.json()).toEqual({ year: expect.any(Number) as number });
    await hybrid.stop();
    expect(hybrid.output).not.toMatch(/ERROR|WARN/);
  });

  it('14 drop-in', async () => {
    const dropIn = new Example('14-drop-in');
    expect(await dropIn.exited).toBe(0);
    expect(dropIn.output).toBe('21 doubled is 42\n');
  });

  it('15 messages', async () => {
    const messages = new Example('15-messages');
    expect(await messages.exited).toBe(0);
    expect(messages.output).toBe('kitchen, floor 2, at 127.0.0.1: tea\nkitchen, floor 2, at 127.0.0.1: milk\n');
  });

  it('16 options', async () => {
    const options = new Example('16-options');
    expect(await options.exited).toBe(0);
    expect(options.output).toBe(
      '10000 1000 0\nZmqError: Invalid argument: sendTimeout is -2; it must be a whole number from -1 to 2147483647\n',
    );
  });

  it('17 poller', async () => {
    const poller = new Example('17-poller');
    expect(await poller.exited).toBe(0);
    expect(poller.output).toBe('task: wake up\ntask: make coffee\n');
  });

  it('18 proxy', async () => {
    const proxy = new Example('18-proxy');
    expect(await proxy.exited).toBe(0);
    expect(proxy.output).toBe('HELLO\nWORLD\n6 frames in, 6 out\n');
  });

  it('19 monitor', async () => {
    const events = new Example('19-monitor');
    expect(await events.exited).toBe(0);
    const endpoint = `tcp://127.0.0.1:${ports.get('5557')}`;
    expect(events.output).toBe(`connect:delay\nconnect\nhandshake\n0x1 ${endpoint}\n0x1000 ${endpoint}\n`);
  });

  it('20 diagnostics', async () => {
    const diagnostics = new Example('20-diagnostics');
    expect(await diagnostics.exited).toBe(0);
    expect(diagnostics.output.split('\n')).toEqual([
      'greeting: closed: what it sent is no greeting of a version that is spoken here',
      expect.stringMatching(/not a ZMTP 3 peer/),
      '2 sockets, 2 connections, 1 strangers',
      '',
    ]);
  });

  it('21 http server', async () => {
    const server = new Example('21-http-server');
    await server.printed('http://');
    const ask = (path: string): Promise<string> =>
      fetch(`http://127.0.0.1:${ports.get('5580')}${path}`).then((response) => response.text());
    const answers = await Promise.all(['/tea', '/cake'].map(ask));
    expect(answers).toEqual(['You asked for /tea by GET.\n', 'You asked for /cake by GET.\n']);
    await server.stop();
  });

  it('22 authenticator', async () => {
    const guarded = new Example('22-authenticator');
    expect(await guarded.exited).toBe(0);
    expect(guarded.output).toBe('You are Alice\n');
  });

  it('all of them were run', () => {
    const programs = readdirSync(`${root}examples`).filter((file) => file.endsWith('.ts'));
    expect([...started].sort()).toEqual(programs.sort());
  });
});
