import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Context,
  createContext,
  Dealer,
  Pair,
  Publisher,
  Pull,
  Push,
  Reply,
  Request,
  Router,
  type Socket,
  Stream,
  Subscriber,
  XPublisher,
  XSubscriber,
} from '@nest-zmq/core';
import fc from 'fast-check';
import { CountingClock } from '../../libs/zmq-core/src/testing/counting-clock.js';
import { openedSince, openFiles } from '../../libs/zmq-core/src/testing/open-files.js';
import { turn } from '../../libs/zmq-core/src/testing/turn.js';
import { holdsInTime, LIMIT_MS } from '../support/property.js';
import { deadEndpoint } from '../support/sockets.js';

/*
 * Whatever sockets are told, in whatever order: when they are closed or their context
 * ends, every promise that they gave is settled, and nothing is left open.
 */

/** What any of them may have. */
interface Loose {
  send?(message: unknown): Promise<void>;
  trySend?(message: unknown): boolean;
  untilWritable?(): Promise<void>;
  receive?(): Promise<unknown>;
  tryReceive?(): unknown;
}

const classes = [
  Dealer,
  Router,
  Request,
  Reply,
  Push,
  Pull,
  Pair,
  Publisher,
  Subscriber,
  XPublisher,
  XSubscriber,
  Stream,
] as const;

const ENDPOINTS = 4;
const SOCKETS = 5;

const who = fc.nat(SOCKETS - 1);
const at = fc.nat(ENDPOINTS - 1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('bind' as const, 'connect' as const), who, at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('unbind' as const, 'disconnect' as const), who, at }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'send' as const,
        'trySend' as const,
        'untilWritable' as const,
        'receive' as const,
        'tryReceive' as const,
        'event' as const,
      ),
      who,
      at,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who, at }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const), who, at }) },
);
const kinds = fc.array(fc.nat(classes.length - 1), { minLength: SOCKETS, maxLength: SOCKETS });
const options = fc.record({
  linger: fc.constantFrom(0, 0, 1, 20),
  immediate: fc.boolean(),
  sendHighWaterMark: fc.constantFrom(0, 1, 1000),
  receiveHighWaterMark: fc.constantFrom(0, 1, 1000),
  sendTimeout: fc.constantFrom(-1, -1, 0, 5),
  receiveTimeout: fc.constantFrom(-1, -1, 0, 5),
});

/** The error's code, and that it has one. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  // A mistake of the caller, as a message of too few frames, has none.
  return typeof code === 'string' ? code : String(error);
}

const KNOWN = /^(E[A-Z]+|settled|TypeError: .+)$/;

describe.each(['each socket is closed', 'their context ends', 'both, at once'])('when %s', (how) => {
  it(
    'all that waits is settled, and nothing is left open',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'zmq-settle-'));
      let runs = 0;
      await holdsInTime(
        fc.asyncProperty(kinds, options, fc.array(step, { maxLength: 50 }), async (types, common, steps) => {
          const files = openFiles();
          const clock = new CountingClock();
          const context = createContext({ clock });
          const endpoints = await endpointsOf(context, join(directory, String(runs++)));
          const sockets = types.map((type) => {
            const socket = new classes[type]!({ context, reconnectInterval: 1, ...pick(type, common) } as never);
            if (socket instanceof Subscriber) socket.subscribe('');
            return socket as unknown as Socket & Loose;
          });
          const outcomes: Promise<string>[] = [];
          /** What it promises is settled at some time; what it throws it throws now. */
          const attempt = (operation: () => unknown): void => {
            try {
              const result = operation();
              if (result instanceof Promise) outcomes.push(result.then(() => 'settled', codeOf));
            } catch (error) {
              outcomes.push(Promise.resolve(codeOf(error)));
            }
          };
          for (const { do: action, who: index, at: place } of steps) {
            const socket = sockets[index]!;
            const endpoint = endpoints[place]!;
            const message = socket instanceof Router || socket instanceof Stream ? ['somebody', 'x'] : 'x';
            switch (action) {
              case 'bind':
              case 'unbind':
              case 'connect':
              case 'disconnect':
                attempt(() => socket[action](endpoint));
                break;
              case 'send':
              case 'trySend':
                attempt(() => socket[action]?.(message));
                break;
              case 'event':
                attempt(() => socket.events.receive());
                break;
              case 'untilWritable':
              case 'receive':
              case 'tryReceive':
              case 'close':
                attempt(() => socket[action]?.());
                break;
              case 'turn':
                await turn();
                break;
            }
          }
          if (how !== 'their context ends') for (const socket of sockets) socket.close();
          if (how !== 'each socket is closed') outcomes.push(context.terminate().then(() => 'settled', codeOf));
          expect((await Promise.all(outcomes)).filter((outcome) => !KNOWN.test(outcome))).toEqual([]);
          await context.terminate();
          // A connection is gone, with its timer, some turns after it was ended.
          for (let i = 0; i < 100 && clock.pending > 0; i++) await turn();
          const left = { files: await openedSince(files), sockets: context.sockets, timers: clock.pending };
          expect(left).toEqual({ files: 0, sockets: 0, timers: 0 });
        }),
        60,
      );
      // Of ipc.
      expect(readdirSync(directory)).toEqual([]);
      rmSync(directory, { recursive: true });
    },
    LIMIT_MS,
  );
});

/** Of each transport one, and of inproc two. */
async function endpointsOf(context: Context, path: string): Promise<string[]> {
  const probe = new Pair({ context, linger: 0 });
  const dead = await deadEndpoint(probe);
  probe.close();
  return [dead, `ipc://${path}`, 'inproc://settle-a', 'inproc://settle-b'];
}

type Common = typeof options extends fc.Arbitrary<infer T> ? T : never;

/** Those that its type has. */
function pick(type: number, common: Common): Partial<Common> {
  const { prototype } = classes[type]!;
  return Object.fromEntries(Object.entries(common).filter(([name]) => name in prototype)) as Partial<Common>;
}
