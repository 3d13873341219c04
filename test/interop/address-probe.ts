/**
 * `node --import <loader> address-probe.ts <module> <directory> <first> <file>`: goes through
 * the cases from the first on, and adds a line of JSON for each to the file: a pipe may be full
 * when nobody has read it for a while. A native module may end the process; then what follows is
 * for the next one.
 */
import { appendFileSync } from 'node:fs';
import { type AddressCase, addressCases } from './address-cases.js';

interface Socket {
  readonly lastEndpoint: string | null;
  bind(endpoint: string): Promise<void>;
  unbind(endpoint: string): Promise<void>;
  connect(endpoint: string): void;
  disconnect(endpoint: string): void;
  close(): void;
}

interface Zmq {
  readonly context: { blocky: boolean };
  readonly Dealer: new (options: object) => Socket;
}

const [, , moduleName = '', directory = '', first = '0', file = ''] = process.argv;
const zmq = ((await import(moduleName)) as { default: Zmq }).default;
zmq.context.blocky = false;
process.removeAllListeners('warning');
process.chdir(directory);

/** `ok` or the error's code; and what there is to tell besides. */
async function outcome(operation: () => unknown): Promise<string> {
  try {
    await operation();
    return 'ok';
  } catch (error) {
    return String((error as { code?: string }).code ?? error);
  }
}

async function observe({ how, endpoint, ipv6, others }: AddressCase): Promise<string[]> {
  const socket = new zmq.Dealer({ linger: 0, ipv6, reconnectInterval: 10_000 });
  const back = how === 'bind' ? 'unbind' : 'disconnect';
  const seen = [await outcome(() => socket[how](endpoint))];
  if (how === 'bind' || how === 'connect') {
    const last = socket.lastEndpoint;
    seen.push(`last ${shown(last, endpoint)}`);
    if (seen[0] === 'ok' && last !== null) {
      for (const other of others) seen.push(`${back} ${other}: ${await outcome(() => socket[back](other))}`);
      if (last !== endpoint) seen.push(`${back} as given: ${await outcome(() => socket[back](endpoint))}`);
      seen.push(`${back}: ${await outcome(() => socket[back](last))}`);
      seen.push(`again: ${await outcome(() => socket[back](last))}`);
    }
  }
  socket.close();
  return seen;
}

/** Without what is another one each time. */
function shown(endpoint: string | null, given: string): string {
  if (endpoint === null) return 'none';
  if (given.startsWith('ipc://*')) return endpoint === given ? 'as given' : 'ipc://<made>';
  const isChosen = /:(\*|0|-0)$/.test(given);
  return (isChosen ? endpoint.replace(/:\d+$/, ':<port>') : endpoint).replace(directory, '<directory>');
}

for (const each of addressCases(directory).slice(Number(first))) {
  const seen = await observe(each);
  appendFileSync(file, `${JSON.stringify(seen)}\n`);
}
process.exit(0);
