import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Payload } from '@nestjs/microservices';
import { OnTask, type ZmqTaskContext, ZmqWorker } from '@nest-zmq/transport';
import { libraries } from '../interop/libzmq-peer.js';
import { PoolApps } from './support/pool-apps.js';
import { until } from './turns.js';

/* What docs/wire.md promises to other languages, held against Python. What is missing here was said by `libraries`. */

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const python = libraries.filter(({ name }) => name === 'python3-zmq');

let apps: PoolApps;
const children = new Set<ChildProcess>();
beforeEach(() => (apps = new PoolApps()));
afterEach(async () => {
  const exits = [...children].map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(exits);
  await apps.close();
});

function start(command: string, script: string, ...args: string[]) {
  const child = spawn(command, [file(script), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const lines: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return { child, lines };
}

describe.each(python)('$name', ({ command, missing }) => {
  const promised = missing === undefined ? it : it.skip;

  promised(
    'is a worker for our pool: the program of the documentation',
    async () => {
      const { pool, endpoint } = await apps.pool();
      const { child } = start(command, '../../examples/task-worker.py', endpoint);
      expect(await pool.run('resize', { file: 'cat.png', width: 200 })).toEqual({
        file: 'cat.png',
        width: 200,
        by: 'python',
      });
      await expect(pool.run('resize', { file: 'cat.png', width: 0 })).rejects.toMatchObject({
        error: { name: 'ValueError', message: 'the width must be more than 0' },
      });
      await expect(pool.run('mail')).rejects.toMatchObject({ error: { name: 'LookupError' } });
      const many = await Promise.all(
        Array.from({ length: 50 }, (_, width) => pool.run<{ width: number }>('resize', { file: '', width: width + 1 })),
      );
      expect(many.map(({ width }) => width)).toEqual(Array.from({ length: 50 }, (_, width) => width + 1));
      // Killed, its tasks go to the next one.
      child.kill('SIGSTOP');
      const running = pool.run('resize', { file: 'dog.png', width: 1 });
      await until(() => pool.stats().acks?.unanswered === 1);
      child.kill('SIGKILL');
      start(command, '../../examples/task-worker.py', endpoint);
      expect(await running).toMatchObject({ file: 'dog.png' });
      expect(pool.stats().acks).toMatchObject({ workerLost: 1, strayAnswers: 0, malformed: 0 });
    },
    60_000,
  );

  describe.each(['ROUTER', 'DEALER'])('with a %s', (type) => {
    promised(
      'is a pool for our workers',
      async () => {
        @ZmqWorker('jobs', { concurrency: 2 })
        class Jobs {
          @OnTask('double')
          double(@Payload() value: number): number {
            return value * 2;
          }

          @OnTask('fail', { retry: { attempts: 2, delay: 250 } })
          fail(): void {
            throw new RangeError('no');
          }

          @OnTask('endless')
          endless(_data: unknown, { signal }: ZmqTaskContext): Promise<void> {
            return new Promise((_resolve, reject) =>
              signal.addEventListener('abort', () => reject(new Error('cancelled'))),
            );
          }
        }
        const { child, lines } = start(command, './support/task_pool.py', type);
        await until(() => lines.length === 1);
        const { app } = await apps.workers(`tcp://127.0.0.1:${String(lines[0])}`, [Jobs]);
        let heard = 1;
        const next = async (): Promise<unknown> => {
          await until(() => lines.length > heard);
          return lines[heard++];
        };
        const tell = (...parts: string[]): void => void child.stdin.write(`${JSON.stringify(parts)}\n`);
        expect(await next()).toEqual(['', '', 'credit 2']);

        tell('', '', 'hello');
        expect(await next()).toEqual(['', '', 'credit 2']);
        tell('\0\0\0\x01', '', 'double', '21', '{":replies":"one"}');
        expect(await next()).toEqual(['\0\0\0\x01', '', '\x01', '42']);
        tell('any', 'envelope', '', 'double', '21');
        expect(await next()).toEqual(['any', 'envelope', '', '\x02', '']);
        tell('\0\0\0\x02', '', 'fail', '');
        expect(await next()).toEqual([
          '\0\0\0\x02',
          '',
          '\x04',
          '{"name":"RangeError","message":"no"}',
          '{":delay-ms":"250"}',
        ]);
        tell('\0\0\0\x03', '', 'fail', '', '{":attempt":"2"}');
        expect(await next()).toEqual(['\0\0\0\x03', '', '\x03', '{"name":"RangeError","message":"no"}']);
        tell('\0\0\0\x04', '', 'unknown', '');
        expect(await next()).toEqual(['\0\0\0\x04', '', '\x03', expect.stringContaining('UNKNOWN_TASK')]);
        tell('\0\0\0\x05', '', 'double', '{', '{}');
        expect(await next()).toEqual(['\0\0\0\x05', '', '\x03', expect.stringContaining('MALFORMED')]);
        for (const id of ['\0\0\0\x06', '\0\0\0\x07', '\0\0\0\x08']) tell(id, '', 'endless', '');
        expect(await next()).toEqual(['\0\0\0\x08', '', '\x05', '']);
        tell('\0\0\0\x06', '', '', 'cancel');
        expect(await next()).toEqual(['\0\0\0\x06', '', '\x03', '{"name":"Error","message":"cancelled"}']);

        // A foreign pool says no `drained`: the worker goes when it has answered all.
        const stopped = apps.stop(app);
        expect(await next()).toEqual(['', '', 'credit 0']);
        tell('\0\0\0\x09', '', 'double', '1');
        expect(await next()).toEqual(['\0\0\0\x09', '', '\x05', '']);
        tell('\0\0\0\x07', '', '', 'cancel');
        expect(await next()).toEqual(['\0\0\0\x07', '', '\x03', '{"name":"Error","message":"cancelled"}']);
        await stopped;
      },
      60_000,
    );
  });
});
