import { readFileSync } from 'node:fs';
import { checkForwarderOptions, NOT_FORWARDED } from '../../libs/nest-transport/src/forwarder/forwarder.options.js';
import { checkPoolOptions, checkWorkersOptions } from '../../libs/nest-transport/src/worker/worker.options.js';
import { ZmqOptionsError } from '../../libs/nest-transport/src/zmq.errors.js';
import { checkClientOptions, checkServerOptions } from '../../libs/nest-transport/src/zmq.options.check.js';
import { checkRootOptions } from '../../libs/nest-transport/src/zmq.root.options.js';
import { tablesOf } from './option-cells.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const tables = tablesOf(read('docs/transport-options.md'));

/** The rows under a heading, as option → default. */
function shown(heading: string): Map<string, string> {
  const table = tables.find((one) => one.heading === heading)!;
  expect([heading, table.header]).toEqual([heading, ['option', 'default', 'unit', 'what it does']]);
  return new Map(table.rows.map(([option, initial]) => [option!.replaceAll('`', ''), initial!]));
}

/** All options that there are: an error about one that there is not lists them. */
function known(check: (options: unknown) => void): string[] {
  try {
    check({ noSuchOption: 1 });
  } catch (error) {
    if (error instanceof ZmqOptionsError) return / known are (.*)$/.exec(error.message)![1]!.split(', ');
  }
  throw new Error('An unknown option is no error');
}

/** What the comments of an interface, which editors show, say of defaults; '' when they say nothing. */
function commented(file: string, name: string): Map<string, string> {
  const source = read(`libs/nest-transport/src/${file}`);
  const [, body] = new RegExp(`interface ${name}[^{]*\\{\\n([\\s\\S]*?)\\n\\}`).exec(source)!;
  const members = [...body!.matchAll(/\/\*\*([\s\S]*?)\*\/\s+(\w+)\??:/g)];
  return new Map(
    members.map(([, comment, option]) => {
      const text = comment!.replace(/\s*\n\s*\*\s*/g, ' ');
      return [option!, /Default:? ((?:[^.;]|\.\d)+)/.exec(text)?.[1]!.trim() ?? ''];
    }),
  );
}

const MARKS = [
  'sendHighWaterMark',
  'receiveHighWaterMark',
  'sendHighWaterMarkBytes',
  'receiveHighWaterMarkBytes',
] as const;
const addresses = ['bind', 'connect'];
const everywhere = [...shown('Everywhere').keys()];
const without = (...left: readonly string[]): string[] => everywhere.filter((option) => !left.includes(option));

describe('docs/transport-options.md shows', () => {
  it.each([
    ['Everywhere', 'zmq.options.ts', 'ZmqSocketOptions'],
    ['Addresses', 'zmq.options.ts', 'ZmqEndpoints'],
    ['reconnect', 'zmq.options.ts', 'ZmqReconnectOptions'],
    ['heartbeat', 'zmq.options.ts', 'ZmqHeartbeatOptions'],
    ['A server', 'zmq.options.ts', 'ZmqServerOptions'],
    ['A client', 'zmq.options.ts', 'ZmqClientOptions'],
    ['A forwarder', 'forwarder/forwarder.options.ts', 'ZmqForwarderOptions'],
  ])('the defaults under "%s" as the comments of %s do', (heading, file, name) => {
    expect(shown(heading)).toEqual(commented(file, name));
  });

  it('every option of a server, a client and a forwarder, and no other', () => {
    expect(known(checkServerOptions)).toEqual([...addresses, ...everywhere, ...shown('A server').keys()]);
    expect(known(checkClientOptions)).toEqual([...addresses, ...everywhere, ...shown('A client').keys()]);
    expect(known(checkForwarderOptions)).toEqual([...without(...NOT_FORWARDED), ...shown('A forwarder').keys()]);
  });

  it('which of them the others take', () => {
    expect(known(checkRootOptions)).toEqual([...without(...MARKS), 'server']);
    const sending = ['sendHighWaterMark', 'sendHighWaterMarkBytes'];
    const receiving = ['receiveHighWaterMark', 'receiveHighWaterMarkBytes'];
    const pool = new Set([...without(...receiving), ...addresses]);
    const workers = new Set([...without(...sending, 'receiveHighWaterMark'), ...addresses]);
    for (const option of pool) expect(known(checkPoolOptions)).toContain(option);
    for (const option of workers) expect(known(checkWorkersOptions)).toContain(option);
  });
});

it('docs/pools.md shows every option of pools and workers that is not everywhere', () => {
  const pages = tablesOf(read('docs/pools.md'));
  for (const [head, check] of [
    ['registerPool', checkPoolOptions],
    ['registerWorkers', checkWorkersOptions],
  ] as const) {
    const { rows } = pages.find(({ header }) => header[0] === `\`${head}\``)!;
    const listed = rows.flatMap(([options]) => [...options!.matchAll(/`(\w+)`/g)].map(([, option]) => option!));
    const own = known(check).filter((option) => !everywhere.includes(option));
    // of the registration
    const named = listed.filter(
      (option) => !['name', 'pool', 'isGlobal', 'sendHighWaterMark', 'linger'].includes(option),
    );
    expect([head, named.toSorted()]).toEqual([head, own.toSorted()]);
  }
});
