import { CASES, keepInFlight, PERSON } from './nest-load.mjs';
import { secondsSince } from './timing.mjs';

/** After so many the event loop of the sender gets a turn: some are done at once, and would keep it until all are sent. */
const PER_TURN = 1_000;

const warmUp = (count) => Math.ceil(count / 3);

/** One way: counted where they are handled. Nothing may be lost, otherwise it does not end. */
function oneWay(kind) {
  return {
    async server(contender, { broker, count }, tell) {
      const [first, last] = [warmUp(count), warmUp(count) + count];
      let handled = 0;
      let start;
      const handler = () => {
        handled++;
        if (handled === first) start = process.hrtime.bigint();
        if (handled === last) tell({ value: count / secondsSince(start) });
      };
      tell({ endpoint: await contender[kind].listen(handler, broker) });
    },

    async client(contender, { endpoint, inFlight, count }) {
      const { isObservable, lastValueFrom } = await import('rxjs');
      const send = await contender[kind].sender(endpoint);
      let turn;
      await keepInFlight(inFlight, warmUp(count) + count, async (index) => {
        if (index % PER_TURN === 0) turn = new Promise(setImmediate);
        await turn;
        const sent = send(PERSON);
        await (isObservable(sent) ? lastValueFrom(sent, { defaultValue: undefined }) : sent);
      });
    },
  };
}

const common = {
  higherIsBetter: true,
  binder: 'server',
  connecter: 'client',
  cases: CASES,
  mostRounds: 3,
};

/** `client.emit()` → `@EventPattern`. For ours without marks, see its contender. */
export const nestEvents = {
  ...common,
  title: 'Nest events, two processes and the broker, by emits unfinished at a time',
  unit: 'events/s',
  contenders: ['nest-zmq', 'nest-tcp', 'nest-nats', 'nest-redis', 'nest-mqtt', 'nest-rmq'],
  baseline: 'nest-tcp',
  roles: oneWay('events'),
};

/**
 * A pool of workers, here of one, for each task goes to one of them: `ZmqPool.push()` → `@OnTask`; with Nest's own
 * transports `client.emit()` to a queue of RabbitMQ, a queue group of NATS, a shared subscription of MQTT. TCP and
 * Redis have nothing like it.
 */
export const nestTasks = {
  ...common,
  title: 'Nest tasks, one worker, two processes and the broker, by pushes unfinished at a time',
  unit: 'tasks/s',
  contenders: ['nest-zmq', 'nest-zmq-acked', 'nest-nats', 'nest-mqtt', 'nest-rmq'],
  baseline: 'nest-rmq',
  roles: oneWay('tasks'),
};
