import { serverCommand } from './cluster.mjs';
import { byName, ServerList } from './server-list.mjs';

const SERVERS = ['game-1', 'game-2', 'game-3'];
const REDRAW_EVERY_MS = 1_000;

/** Starts everything, and shows a line per game server until the cluster stops. */
export async function showLive(cluster) {
  const list = new ServerList();
  const view = process.stdout.isTTY ? new LiveBlock(list) : new ChangeLog(list);
  cluster.onLine = (name, line) => view.print(`[${name}] ${line}`);
  cluster.onLost = (name, how) => view.print(`[${name}] ended ${how}`);

  console.log('Starting the gateway and three game servers …');
  await cluster.startGateway();
  await Promise.all(SERVERS.map((name) => cluster.startServer(name)));
  console.log(introduction(cluster));
  await list.open(cluster.url);
  view.start();
  await list.closed;
  view.end();
  console.log(cluster.isStopping ? '\nStopping …' : '\nThe gateway is gone.');
  const killed = await cluster.stop();
  console.log(killed.length > 0 ? `Had to be killed: ${killed.join(', ')}` : 'All stopped.');
}

function introduction({ url, address }) {
  return `
  ${url}   in a browser: the servers as they come and go

  Join a player:    curl -s ${url}/players -H 'content-type: application/json' -d '{"name":"Ada"}'
  Tell all servers: curl -s ${url}/announcements -H 'content-type: application/json' -d '{"text":"Double points!","ratingBonus":2}'
  One more server:  ${serverCommand(address)}

  Ctrl+C stops all.
`;
}

const COLUMNS = [
  { head: 'server', width: 12, of: ({ name }) => name },
  { head: 'up', width: 7, of: ({ connectedSince }) => upTime(connectedSince) },
  { head: 'calls', width: 9, of: ({ reported }) => count(reported?.handled.calls) },
  { head: 'in flight', width: 9, of: ({ inFlight }) => count(inFlight) },
  { head: 'events', width: 8, of: ({ reported }) => count(reported?.handled.events) },
  { head: 'tasks', width: 7, of: ({ reported }) => count(reported?.handled.tasks) },
  { head: 'players', width: 8, of: ({ reported }) => count(reported?.players) },
  { head: 'matches', width: 8, of: ({ reported }) => count(reported?.matches) },
  { head: 'address', width: 22, of: ({ address }) => address },
];

function count(value) {
  return value === undefined ? '–' : value.toLocaleString('en');
}

function upTime(connectedSince) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(connectedSince)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function row(cellOf) {
  const cells = COLUMNS.map((column, place) =>
    place === 0 ? cellOf(column).padEnd(column.width) : cellOf(column).padStart(column.width),
  );
  return `  ${cells.join(' ')}`;
}

/** What has changed when this has: the time that passes is no news. */
function sentenceOf(server) {
  const facts = COLUMNS.slice(2, -1).map(({ head, of }) => `${head} ${of(server)}`);
  return `  ${server.name} at ${server.address}: ${facts.join(', ')}`;
}

/** In a terminal: the lines stay in their place. */
class LiveBlock {
  #list;
  #lines = 0;
  #timer;

  constructor(list) {
    this.#list = list;
  }

  start() {
    this.#list.onChange = () => this.#draw();
    this.#timer = setInterval(() => this.#draw(), REDRAW_EVERY_MS);
    this.#draw();
  }

  end() {
    clearInterval(this.#timer);
    this.#list.onChange = () => {};
  }

  /** Above the block. */
  print(line) {
    this.#clear();
    console.log(line);
    if (this.#timer) this.#draw();
  }

  #draw() {
    const servers = [...this.#list.servers.values()].toSorted((one, other) => byName(one.name, other.name));
    const lines = [row(({ head }) => head), ...servers.map((server) => row(({ of }) => of(server)))];
    if (servers.length === 0) lines.push('  no game server is connected');
    const width = process.stdout.columns || 200;
    this.#clear();
    process.stdout.write(lines.map((line) => `${line.slice(0, width - 1)}\n`).join(''));
    this.#lines = lines.length;
  }

  #clear() {
    if (this.#lines > 0) process.stdout.write(`\x1b[${this.#lines}A\x1b[J`);
    this.#lines = 0;
  }
}

/** In a pipe or a log: a line for each change, at most one per server and second. */
class ChangeLog {
  #list;
  #printed = new Map();
  #timer;

  constructor(list) {
    this.#list = list;
  }

  start() {
    this.#timer = setInterval(() => this.#write(), REDRAW_EVERY_MS);
    this.#write();
  }

  end() {
    clearInterval(this.#timer);
  }

  print(line) {
    console.log(line);
  }

  #write() {
    for (const [name, server] of this.#list.servers) {
      if (!server.reported) continue;
      const line = sentenceOf(server);
      if (this.#printed.get(name) !== line) console.log(line);
      this.#printed.set(name, line);
    }
    for (const name of this.#printed.keys()) {
      if (this.#list.servers.has(name)) continue;
      console.log(`  ${name} is gone`);
      this.#printed.delete(name);
    }
  }
}
