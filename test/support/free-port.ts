import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to connections and to whoever asks for any, and each of the test runner's processes has its own. */
const [FIRST, COUNT, PROCESSES] = [7_000, 750, 4];
const ours = Number(process.env['JEST_WORKER_ID'] ?? 0) % PROCESSES;
// Another run on this machine begins elsewhere.
let next = process.pid % COUNT;

/** A port of 127.0.0.1 that is free, and stays so until somebody is told of it. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries++) {
    const port = FIRST + PROCESSES * (next++ % COUNT) + ours;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST} to ${FIRST + PROCESSES * COUNT}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
