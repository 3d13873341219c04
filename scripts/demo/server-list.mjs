import { get } from 'node:http';
import { within } from './cluster.mjs';

/** The gateway's list of game servers as it changes: its `GET /servers/live`. */
export class ServerList {
  /** As `GET /servers` gives them, by name. */
  servers = new Map();
  /** Called after each change. */
  onChange = () => {};
  #waiters = new Set();
  #request;

  /** Resolves with the first list; `closed` resolves when the gateway ends the stream. */
  async open(url) {
    const first = this.until('the first list of servers', () => true);
    let wasClosed;
    this.closed = new Promise((resolve) => (wasClosed = resolve));
    this.#request = get(`${url}/servers/live`, { agent: false }, (response) => {
      let pending = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        const lines = (pending + text).split('\n');
        pending = lines.pop();
        for (const line of lines) if (line.startsWith('data:')) this.#changed(JSON.parse(line.slice('data:'.length)));
      });
      response.on('close', wasClosed);
    });
    this.#request.on('error', wasClosed);
    await first;
  }

  close() {
    this.#request?.destroy();
  }

  names() {
    return [...this.servers.keys()];
  }

  /** Resolves when the list is as wanted. */
  async until(what, condition, limitMs = 15_000) {
    if (this.servers.size > 0 && condition(this.servers)) return;
    let waiter;
    const met = new Promise((resolve) => (waiter = { condition, resolve }));
    this.#waiters.add(waiter);
    try {
      await within(limitMs, what, met);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  #changed({ servers }) {
    this.servers = new Map(servers.map((server) => [server.name, server]));
    for (const waiter of this.#waiters) if (waiter.condition(this.servers)) waiter.resolve();
    this.onChange();
  }
}

/** Orders game-2 before game-10. */
export function byName(one, other) {
  return one.localeCompare(other, 'en', { numeric: true });
}
