import { PERSON } from './nest-load.mjs';

/** Calls with a deadline that nobody answers, and over how long their deadlines are spread. */
const count = 1_000; // the title says it
const FIRST_DEADLINE_MS = 500;
const SPREAD_MS = 1_000;

const roles = {
  async server(contender, _parameters, tell) {
    tell({ endpoint: await contender.calls.listen() });
  },

  /** Calls the server that is frozen, and meanwhile keeps so many calls of the other in flight. */
  async client(contender, { frozen, answering, count, beside }, tell, go) {
    const { lastValueFrom } = await import('rxjs');
    const { ZmqRecordBuilder } = await import('@nest-zmq/transport');
    const [late, busy] = [frozen, answering].map((endpoint) => contender.calls.client(endpoint));
    // Both connections are open before one end of them is frozen.
    for (const client of [late, busy]) {
      await client.connect();
      await lastValueFrom(client.send('bench', PERSON));
    }
    tell({ ready: 1 });
    await go;
    let pending = count;
    const lane = async () => {
      while (pending > 0) await lastValueFrom(busy.send('bench', PERSON));
    };
    const load = Promise.all(Array.from({ length: beside }, lane));
    const lateness = [];
    const call = async (deadline) => {
      const record = new ZmqRecordBuilder(PERSON).setDeadline(deadline).build();
      const since = performance.now();
      await lastValueFrom(late.send('bench', record)).then(
        () => Promise.reject(new Error('a server that is frozen has answered')),
        (error) => {
          if (error.name !== 'ZmqTimeoutError') throw error;
        },
      );
      lateness.push(performance.now() - since - deadline);
      pending--;
    };
    const deadlines = Array.from({ length: count }, (_, index) => FIRST_DEADLINE_MS + (SPREAD_MS * index) / count);
    await Promise.all(deadlines.map((deadline) => call(Math.round(deadline))));
    await load;
    tell({ value: Math.max(...lateness) });
  },
};

/** Every call settles once, also when its server hangs: how long after its deadline the last one does. */
export const nestDeadlines = {
  title:
    'Nest calls to a frozen server, the latest of 1,000 after its deadline, by answered calls in flight beside them',
  unit: 'ms',
  higherIsBetter: false,
  contenders: ['nest-zmq'],
  baseline: 'nest-zmq',
  cases: [0, 64, 512].map((beside) => ({ label: String(beside), beside, count })),
  roles,

  async measure({ start }) {
    const [frozen, answering] = [start('server'), start('server')];
    const endpoints = await Promise.all([frozen, answering].map((server) => server.until('endpoint')));
    const client = start('client', { frozen: endpoints[0].endpoint, answering: endpoints[1].endpoint });
    await client.until('ready');
    process.kill(frozen.pid, 'SIGSTOP');
    try {
      client.go();
      return (await client.until('value')).value;
    } finally {
      // One that is frozen would not hear SIGTERM, which is how it is stopped while it is profiled.
      process.kill(frozen.pid, 'SIGCONT');
    }
  },
};
