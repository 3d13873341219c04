/**
 * `node --import <loader> observe.ts <module> <topic>`: runs a topic's program on a module
 * and writes what it saw as JSON.
 */
import { Notes, type Observe, type Zmq } from './notes.js';

const [, , moduleName = '', topic = ''] = process.argv;
// npm zeromq has no `exports`: its further entries are files.
const suffix = moduleName === 'zeromq' ? '.js' : '';
const load = async (entry: string): Promise<unknown> =>
  ((await import(`${moduleName}${entry && entry + suffix}`)) as { default: unknown }).default;
const zmq = (await load('')) as Zmq;
const { observe } = (await import(`./${topic}.js`)) as { observe: Observe };

// What is left open is nobody's business, and must not hold the process.
zmq.context.blocky = false;
// They are noted, and not printed.
process.removeAllListeners('warning');
const notes = new Notes();
await observe(zmq, notes, load);
process.stdout.write(JSON.stringify(notes.seen), () => process.exit(0));
