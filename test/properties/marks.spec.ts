import { createContext, Dealer, Pair, Publisher, Pull, Push, Subscriber } from '@nest-zmq/core';
import fc from 'fast-check';
import { turn } from '../../libs/zmq-core/src/testing/turn.js';
import { holdsInTime, LIMIT_MS } from '../support/property.js';
import { deadEndpoint } from '../support/sockets.js';

/*
 * High-water marks are exact: whatever is sent, received and set in whatever order, a
 * message is refused just when a queue of that many, and of nothing else, is full.
 */

/** A queue as libzmq describes it: full at its limit, and again open when half of it was read. */
class Model {
  queued = 0;
  #full = false;

  constructor(
    private sendMark: number,
    private receiveMark: number,
  ) {}

  get full(): boolean {
    return this.#full;
  }

  /** Whoever sets a mark makes both queues of the connection look again whether they are full. */
  setMarks({ send = this.sendMark, receive = this.receiveMark }: { send?: number; receive?: number }): void {
    this.sendMark = send;
    this.receiveMark = receive;
    this.#full = this.queued >= this.#limit;
  }

  /** How many of so many are taken. */
  send(count: number): number {
    for (let i = 0; i < count; i++) {
      if (this.#full) return i;
      this.queued++;
      this.#full = this.queued >= this.#limit;
    }
    return count;
  }

  receive(count: number): number {
    const taken = Math.min(count, this.queued);
    this.queued -= taken;
    if (this.#full && this.queued <= this.#limit - Math.floor((this.#limit + 1) / 2)) this.#full = false;
    return taken;
  }

  /** Over inproc the marks of both sides together; 0 is none. */
  get #limit(): number {
    return this.sendMark === 0 || this.receiveMark === 0 ? Infinity : this.sendMark + this.receiveMark;
  }
}

type Step =
  | { readonly do: 'send'; readonly count: number; readonly parts: number; readonly way: 0 | 1 }
  | { readonly do: 'receive'; readonly count: number; readonly way: 0 | 1 }
  | { readonly do: 'sendMark' | 'receiveMark'; readonly mark: number; readonly who: 0 | 1 };

const mark = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 8 }) },
);
const either = fc.constantFrom(0 as const, 1 as const);
const count = fc.integer({ min: 1, max: 12 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant('send' as const), count, parts: fc.integer({ min: 1, max: 3 }), way: either }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('receive' as const), count, way: either }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('sendMark' as const, 'receiveMark' as const), mark, who: either }),
    },
  ),
  { minLength: 1, maxLength: 40 },
); // prettier-ignore

function messageOf(number: number, parts: number): string[] {
  return Array.from({ length: parts }, (_, i) => `${number}.${i}`);
}

function text(message: readonly Buffer[] | undefined): string[] | undefined {
  return message?.map(String);
}

it(
  'DEALER and DEALER over inproc: each way just as many as both marks together',
  async () => {
    await holdsInTime(
      fc.asyncProperty(fc.tuple(mark, mark), fc.tuple(mark, mark), steps, async (first, second, all) => {
        const context = createContext({});
        const [a, b] = [first, second].map(
          ([sendHighWaterMark, receiveHighWaterMark]) =>
            new Dealer({ context, sendHighWaterMark, receiveHighWaterMark, linger: 0 }),
        ) as [Dealer, Dealer];
        await a.bind('inproc://marks');
        b.connect('inproc://marks');
        const dealers = [a, b] as const;
        /** By who sends. */
        const models = [new Model(first[0], second[1]), new Model(second[0], first[1])] as const;
        const expected: [string[][], string[][]] = [[], []];
        let sent = 0;
        for (const step of all) {
          if (step.do === 'send') {
            const [sender, queue] = [dealers[step.way], expected[step.way]];
            const taken = models[step.way].send(step.count);
            for (let i = 0; i < step.count; i++) {
              const message = messageOf(sent++, step.parts);
              expect(sender.trySend(message)).toBe(i < taken);
              if (i < taken) queue.push(message);
            }
          } else if (step.do === 'receive') {
            const reader = dealers[1 - step.way]!;
            const taken = models[step.way].receive(step.count);
            for (let i = 0; i < step.count; i++)
              expect(text(reader.tryReceive())).toEqual(i < taken ? expected[step.way].shift() : undefined);
          } else {
            const [own, other] = [models[step.who], models[1 - step.who]!];
            if (step.do === 'sendMark') dealers[step.who].sendHighWaterMark = step.mark;
            else dealers[step.who].receiveHighWaterMark = step.mark;
            own.setMarks(step.do === 'sendMark' ? { send: step.mark } : {});
            other.setMarks(step.do === 'receiveMark' ? { receive: step.mark } : {});
          }
          // Over inproc each is told of the other a little later.
          await turn();
          expect(dealers.map(({ writable }) => writable)).toEqual(models.map(({ full }) => !full));
        }
        a.close();
        b.close();
      }),
      60,
    );
  },
  LIMIT_MS,
);

it(
  'PUB to several SUBs over inproc: each misses just what does not fit, and that is counted',
  async () => {
    const marks = fc.array(mark, { minLength: 1, maxLength: 3 });
    const actions = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), count), { minLength: 1, maxLength: 40 });
    await holdsInTime(
      fc.asyncProperty(mark, marks, actions, async (sendHighWaterMark, receiveMarks, all) => {
        const context = createContext({});
        const publisher = new Publisher({ context, sendHighWaterMark, linger: 0 });
        await publisher.bind('inproc://marks');
        const readers = receiveMarks.map((receiveHighWaterMark) => {
          const socket = new Subscriber({ context, receiveHighWaterMark });
          socket.subscribe('');
          socket.connect('inproc://marks');
          return { socket, model: new Model(sendHighWaterMark, receiveHighWaterMark), expected: [] as string[] };
        });
        let published = 0;
        let missed = 0;
        const publish = (): void => {
          const number = String(published++);
          for (const { model, expected } of readers) {
            if (model.send(1) === 1) expected.push(number);
            else missed++;
          }
          expect(publisher.trySend(number)).toBe(true);
        };
        for (const [who, times] of all) {
          const reader = readers[who];
          for (let i = 0; i < times; i++) {
            if (reader === undefined) {
              publish();
              continue;
            }
            const taken = reader.model.receive(1) === 1;
            expect(text(reader.socket.tryReceive())).toEqual(taken ? [reader.expected.shift()] : undefined);
          }
          await turn();
          expect(publisher.dropped).toBe(missed);
        }
        for (const { socket } of readers) socket.close();
        publisher.close();
      }),
      60,
    );
  },
  LIMIT_MS,
);

it(
  'PUSH over tcp to who is not there yet: just as many as its own mark, and all of them arrive',
  async () => {
    const actions = fc.array(fc.oneof(count, fc.record({ mark })), { minLength: 1, maxLength: 12 });
    await holdsInTime(
      fc.asyncProperty(mark, actions, async (first, all) => {
        const context = createContext({});
        const probe = new Pair({ context });
        const endpoint = await deadEndpoint(probe);
        probe.close();
        const push = new Push({ context, sendHighWaterMark: first, reconnectInterval: 1 });
        push.connect(endpoint);
        let limit = first;
        let queued = 0;
        for (const action of all) {
          if (typeof action === 'number') {
            for (let i = 0; i < action; i++) {
              const fits = limit === 0 || queued < limit;
              expect(push.trySend(queued)).toBe(fits);
              if (fits) queued++;
            }
          } else {
            limit = action.mark;
            push.sendHighWaterMark = limit;
          }
        }
        push.close();
        const pull = new Pull({ context, linger: 0 });
        await pull.bind(endpoint);
        for (let i = 0; i < queued; i++) expect(text(await pull.receive())).toEqual([String(i)]);
        expect(pull.tryReceive()).toBeUndefined();
        pull.close();
      }),
      20,
    );
  },
  LIMIT_MS,
);
