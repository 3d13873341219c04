import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Example, killAll, orderAtShop, Ports, root } from '../examples/example.js';
import { type FreshProject, FreshProjects } from './fresh-project.js';

/*
 * A new Nest project outside the repository that installs the packed tarballs by npm, and
 * what npm brings along for them, nothing else; and it runs the code of the READMEs as
 * printed, as ES modules and as CommonJS.
 */

/** An export of each entry, and which package it needs that only its users install. */
const ENTRIES: readonly (readonly [entry: string, exported: string, needs?: string])[] = [
  ['@nest-zmq/core', 'Router'],
  ['@nest-zmq/core/zeromq', 'Push'],
  ['@nest-zmq/core/zeromq/draft', 'Server'],
  ['@nest-zmq/core/zeromq/draft.js', 'Server'],
  ['@nest-zmq/core/zeromq/v5-compat', 'createSocket'],
  ['@nest-zmq/core/zeromq/v5-compat.js', 'createSocket'],
  ['@nest-zmq/transport', 'ZmqServer'],
  ['@nest-zmq/transport/testing', 'createTestTransport'],
  ['@nest-zmq/transport/msgpack', 'msgpackCodec', 'msgpackr'],
  ['@nest-zmq/transport/protobuf', 'protobufCodec', 'protobufjs'],
  ['@nest-zmq/transport/terminus', 'ZmqHealthIndicator', '@nestjs/terminus'],
  ['@nest-zmq/transport/prometheus', 'prometheusMetrics', 'prom-client'],
  ['@nest-zmq/transport/opentelemetry', 'openTelemetryTracing', '@opentelemetry/api'],
];

/** Every entry with its types, and with those of the package it is for. */
const TYPED_USE = `
import { msgpackCodec } from '@nest-zmq/transport/msgpack';
import { openTelemetryTracing } from '@nest-zmq/transport/opentelemetry';
import { prometheusMetrics } from '@nest-zmq/transport/prometheus';
import { protobufCodec } from '@nest-zmq/transport/protobuf';
import { ZmqHealthIndicator } from '@nest-zmq/transport/terminus';
import { createTestTransport, ManualClock } from '@nest-zmq/transport/testing';
import { type ZmqClient, type ZmqCodec, type ZmqServerOptions } from '@nest-zmq/transport';
import { curveKeyPair, Router } from '@nest-zmq/core';
import { Push, type MessageLike } from '@nest-zmq/core/zeromq';
import { Server } from '@nest-zmq/core/zeromq/draft';
import { createSocket } from '@nest-zmq/core/zeromq/v5-compat';
import type { HealthIndicatorResult } from '@nestjs/terminus';
import { Registry } from 'prom-client';
import protobuf from 'protobufjs';

const codecs: ZmqCodec[] = [msgpackCodec(), protobufCodec({ root: new protobuf.Root(), types: {} })];
export const options: ZmqServerOptions = {
  bind: 'inproc://a',
  codec: codecs[0]!,
  metrics: prometheusMetrics({ registry: new Registry() }),
  tracing: openTelemetryTracing(),
};
export type Ping = ReturnType<ZmqHealthIndicator['pingCheck']>;
export const up = async (ping: Ping): Promise<HealthIndicatorResult> => await ping;
export const sockets = [Router, Push, Server, createSocket] as const;
export const message: MessageLike = curveKeyPair().publicKey;
const transport = createTestTransport({ clock: new ManualClock() });
export const client: ZmqClient = transport.client;
// @ts-expect-error the types are there: an option of another name is refused
export const wrong: ZmqServerOptions = { bindTo: 'inproc://a' };
`;

// Programs that start, on a machine that may be busy.
jest.setTimeout(60_000);

const projects = new FreshProjects();
let ports: Ports;

beforeAll(async () => {
  ports = await Ports.instead(['3000', '5555', '5557', '5560', '5561', '5562']);
  await projects.pack();
}, 120_000);

afterAll(async () => {
  await killAll();
  projects.remove();
});

/** The TypeScript of both READMEs, by the names that stand above it. */
function printedCode(): Map<string, string> {
  const text = ['nest-transport', 'zmq-core'].map((lib) => readFileSync(join(root, `libs/${lib}/README.md`), 'utf8'));
  const blocks = [...text.join('\n').matchAll(/<!-- examples\/(\S+) -->\s+```ts\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, name, code]) => [name!, ports.put(code!)]));
}

/** What both READMEs say of CommonJS: all that comes after the imports and classes, in a function. */
function inMain(code: string): string {
  const start = code.search(/^(\/\/ .*\n)*const /m);
  return `${code.slice(0, start)}async function main(): Promise<void> {\n${code.slice(start)}}\nvoid main();\n`;
}

function sourcesFor(kind: 'module' | 'commonjs'): Map<string, string> {
  return new Map([...printedCode()].map(([name, code]) => [name, kind === 'module' ? code : inMain(code)]));
}

it.each(['nest-transport', 'zmq-core'])('the README of %s says what its code needs in CommonJS', (lib) => {
  const text = readFileSync(join(root, `libs/${lib}/README.md`), 'utf8');
  expect(text).toContain('In CommonJS, put what comes after the imports and classes into `async function main()`');
});

it('knows every entry of both packages', () => {
  const entries = ['zmq-core', 'nest-transport'].flatMap((lib) => {
    const text = readFileSync(join(root, `libs/${lib}/package.json`), 'utf8');
    const { name, exports } = JSON.parse(text) as { name: string; exports: Record<string, unknown> };
    return Object.keys(exports).map((entry) => `${name}${entry.slice(1)}`);
  });
  expect(ENTRIES.map(([entry]) => entry).toSorted()).toEqual(entries.toSorted());
});

describe.each([
  ['ES modules', 'module'],
  ['CommonJS', 'commonjs'],
] as const)('a fresh project with %s', (_name, kind) => {
  let project: FreshProject;
  const start = (name: string): Example => new Example(project.built(name));

  // A registry that is far away, and two cores that do something else.
  beforeAll(async () => {
    project = await projects.create(kind, sourcesFor(kind));
    expect(await project.compile()).toBe('');
  }, 300_000);

  it('runs the service and the client of the README', async () => {
    const service = start('service');
    const client = start('client');
    expect(await client.exited).toBe(0);
    expect(client.output).toMatch(/^6$/m);
    await service.stop();
    expect(service.output).not.toMatch(/ERROR|WARN/);
  });

  it('runs its gateway and its shop: a call, an event and a task', async () => {
    await orderAtShop(start, ports);
  });

  it('runs the code of the core’s README', async () => {
    const core = start('core');
    expect(await core.exited).toBe(0);
    expect(core.output).toBe('job: wake up\njob: make coffee\njob: write code\n');
  });

  it('speaks CURVE as npm has installed it: without a build step, and without the addon', async () => {
    const program = `
      const load = async (name) => ${kind === 'module' ? 'import(name)' : 'require(name)'};
      (async () => {
        const { curveKeyPair, Dealer, Router } = await load('@nest-zmq/core');
        console.log(await load('sodium-native').then(() => 'the addon is there', ({ code }) => code));
        const [server, client] = [curveKeyPair(), curveKeyPair()];
        const router = new Router({ curveServer: true, curveSecretKey: server.secretKey });
        const dealer = new Dealer({
          curveServerKey: server.publicKey,
          curvePublicKey: client.publicKey,
          curveSecretKey: client.secretKey,
        });
        await router.bind('tcp://127.0.0.1:*');
        dealer.connect(router.lastEndpoint);
        for (const size of [5, 100_000]) {
          await dealer.send(Buffer.alloc(size, 'x'));
          const [id, question] = await router.receive();
          await router.send([id, question, 'answer']);
          const [echo, answer] = await dealer.receive();
          console.log(echo.equals(Buffer.alloc(size, 'x')), String(answer));
        }
        console.log(router.securityMechanism, dealer.securityMechanism);
        for (const socket of [router, dealer]) socket.close();
      })();`;
    const code = kind === 'module' ? 'ERR_MODULE_NOT_FOUND' : 'MODULE_NOT_FOUND';
    expect(await project.evaluate(program, kind)).toBe(`${code}\ntrue answer\ntrue answer\ncurve curve\n`);
  });

  describe('with the packages that the optional entries are for', () => {
    beforeAll(async () => {
      await project.install([], ['@nestjs/testing', ...ENTRIES.flatMap(([, , needs]) => needs ?? [])]);
    }, 300_000);

    it('loads every entry from the tarballs, by import and by require, and they are the same', async () => {
      const program = `
        const { createRequire } = process.getBuiltinModule('node:module');
        const require = createRequire(process.cwd() + '/');
        (async () => {
          for (const [name, exported] of ${JSON.stringify(ENTRIES)}) {
            const [imported, required] = [(await import(name))[exported], require(name)[exported]];
            console.log(name, typeof imported, imported === required, require.resolve(name));
          }
        })();`;
      const lines = (
        await project.evaluate(program.replace(/const require = .*\n/, kind === 'module' ? '$&' : ''), kind)
      )
        .trim()
        .split('\n');
      expect(lines).toEqual(
        ENTRIES.map(([name]) => {
          const file = join(project.folder, 'node_modules', name.split('/').slice(0, 2).join('/'), 'dist');
          return expect.stringMatching(new RegExp(`^${name} function true ${file}/`)) as unknown;
        }),
      );
    });

    it('uses what they are for', async () => {
      const program = `
        const load = (name) => ${kind === 'module' ? 'import(name)' : 'Promise.resolve(require(name))'};
        (async () => {
          const { ZmqServer } = await load('@nest-zmq/transport');
          const { createTestTransport } = await load('@nest-zmq/transport/testing');
          const transport = createTestTransport();
          console.log(transport.strategy instanceof ZmqServer);
          await transport.close();
          const codec = (await load('@nest-zmq/transport/msgpack')).msgpackCodec();
          console.log(codec.decode(codec.encode({ a: 1 })));
          const { Registry } = await load('prom-client');
          const registry = new Registry();
          (await load('@nest-zmq/transport/prometheus')).prometheusMetrics({ registry });
          console.log((await registry.metrics()).includes('zmq'));
          console.log(typeof (await load('@nest-zmq/transport/opentelemetry')).openTelemetryTracing());
        })();`;
      expect(await project.evaluate(program, kind)).toBe('true\n{ a: 1 }\ntrue\nobject\n');
    });

    it('type-checks what uses every entry', async () => {
      project.write('entries.ts', TYPED_USE);
      expect(await project.compile('--noEmit')).toBe('');
    }, 180_000);

    it('type-checks the declarations of both packages themselves', async () => {
      const said = await project.compile('--noEmit', '--skipLibCheck', 'false');
      expect(said.split('\n').filter((line) => line.includes('@nest-zmq/'))).toEqual([]);
    }, 180_000);
  });
});
