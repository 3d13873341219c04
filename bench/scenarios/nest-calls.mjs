import { CASES, keepInFlight, PERSON } from './nest-load.mjs';

const roles = {
  async server(contender, { broker }, tell) {
    tell({ endpoint: await contender.calls.listen(broker) });
  },

  async client(contender, { endpoint, inFlight, count, warmup, percentile }, tell) {
    // Here, since every other process of the bench reads this file too: rxjs would be half of its heap.
    const { lastValueFrom } = await import('rxjs');
    const client = contender.calls.client(endpoint);
    await client.connect();
    const times = new Float64Array(Math.max(count, warmup));
    // As an application does it: each call by itself.
    const call = async (index) => {
      const since = performance.now();
      await lastValueFrom(client.send('bench', PERSON));
      times[index] = performance.now() - since;
    };
    await keepInFlight(inFlight, warmup, call);
    const start = performance.now();
    await keepInFlight(inFlight, count, call);
    const seconds = (performance.now() - start) / 1_000;
    tell({
      value:
        percentile === undefined
          ? count / seconds
          : times.subarray(0, count).sort()[Math.floor(count * percentile)] * 1_000,
    });
  },
};

/** Nest request/response, small JSON, client and server in a process each: calls per second by calls in flight. */
export const nestCalls = {
  title: 'Nest calls, two processes, by calls in flight',
  unit: 'calls/s',
  higherIsBetter: true,
  binder: 'server',
  connecter: 'client',
  cases: CASES,
  contenders: ['nest-zmq', 'nest-zmq-polling', 'nest-tcp'],
  baseline: 'nest-tcp',
  warmUp: 15_000,
  roles,
};

/** The same through brokers, and by gRPC. They differ much in what they do in a time: all do so many calls. */
export const nestBrokers = {
  ...nestCalls,
  title: 'Nest calls through brokers, two processes and the broker, by calls in flight',
  contenders: ['nest-zmq', 'nest-grpc', 'nest-nats', 'nest-redis', 'nest-mqtt', 'nest-rmq'],
  baseline: 'nest-zmq',
  cases: CASES.map((testCase) => ({ ...testCase, count: testCase.inFlight === 1 ? 3_000 : 12_000 })),
  warmUp: 3_000,
  mostRounds: 3,
};

export const nestCallsPinned = {
  ...nestCalls,
  title: 'Nest calls, each process pinned to a core of its own, by calls in flight',
  contenders: ['nest-zmq', 'nest-tcp'],
  pinned: true,
};

/** The slowest hundredth of them. */
export const nestLatency = {
  ...nestCalls,
  title: 'Nest calls, two processes, by calls in flight: 99th percentile',
  contenders: ['nest-zmq', 'nest-tcp'],
  unit: 'µs',
  higherIsBetter: false,
  cases: CASES.map((testCase) => ({ ...testCase, percentile: 0.99 })),
};
