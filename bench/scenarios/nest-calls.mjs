import { lastValueFrom } from 'rxjs';

const CASES = [
  { label: '1', inFlight: 1 },
  { label: '64', inFlight: 64 },
  { label: '512', inFlight: 512 },
];

const roles = {
  async server(contender, _options, tell) {
    tell({ endpoint: await contender.listen() });
  },

  async client(contender, { endpoint, inFlight, count, percentile }, tell) {
    const client = contender.client(endpoint);
    await client.connect();
    const times = new Float64Array(count);
    await callMany(client, inFlight, Math.ceil(count / 5), times);
    const start = performance.now();
    await callMany(client, inFlight, count, times);
    const seconds = (performance.now() - start) / 1_000;
    tell({ value: percentile === undefined ? count / seconds : times.sort()[Math.floor(count * percentile)] * 1_000 });
  },
};

/** So many calls are in flight at any time; each is made as an application does. */
async function callMany(client, inFlight, count, times) {
  const data = { id: 17, name: 'somebody', tags: ['a', 'b'] };
  let started = 0;
  const caller = async () => {
    while (started < count) {
      const index = started++;
      const since = performance.now();
      await lastValueFrom(client.send('echo', data));
      times[index] = performance.now() - since;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
}

/** Nest request/response, small JSON, client and server in two processes: calls per second by calls in flight. */
export const nestCalls = {
  title: 'Nest calls, two processes, by calls in flight',
  unit: 'calls/s',
  higherIsBetter: true,
  binder: 'server',
  connecter: 'client',
  cases: CASES,
  contenders: ['nest-zmq', 'nest-tcp'],
  baseline: 'nest-tcp',
  roles,
};

/** The slowest hundredth of them. */
export const nestLatency = {
  ...nestCalls,
  title: 'Nest calls, two processes, by calls in flight: 99th percentile',
  unit: 'µs',
  higherIsBetter: false,
  cases: CASES.map((testCase) => ({ ...testCase, percentile: 0.99 })),
};
