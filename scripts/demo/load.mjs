import { Agent, request } from 'node:http';

/** Of 100 requests: how many queue a player for a match, and how many are announcements. The others join a player. */
const MATCHMAKING = 10;
const ANNOUNCEMENTS = 1;
const REQUEST_LIMIT_MS = 15_000;

/** Players over HTTP: so many connections, each with one request at a time, as fast as the gateway answers. */
export class Load {
  /** Every request that did not end as it should. */
  failures = [];
  /** Tickets handed out for matches. */
  ticketsQueued = 0;
  #url;
  #agent;
  #connections;
  #maxRequests;
  #loops = [];
  #isRunning = false;
  #sent = 0;
  #done = 0;
  #phase = newPhase('before');
  #waiters = new Set();
  /** Players who have joined and were not queued for a match yet. */
  #idlePlayers = [];

  constructor(url, { connections, maxRequests }) {
    this.#url = url;
    this.#connections = connections;
    this.#maxRequests = maxRequests;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  get connections() {
    return this.#connections;
  }

  start() {
    this.#isRunning = true;
    this.#loops = Array.from({ length: this.#connections }, () => this.#loop());
  }

  /** No new requests; resolves when those under way are answered. */
  async stop() {
    this.#isRunning = false;
    await Promise.all(this.#loops);
  }

  close() {
    this.#isRunning = false;
    this.#agent.destroy();
  }

  /** From now on answers count for this phase. */
  begin(name) {
    this.#phase = newPhase(name);
    return this.#phase;
  }

  /** Resolves after so many further answers. */
  async answers(count) {
    if (!this.#isRunning) throw new Error('There is no load');
    await new Promise((resolve, reject) => this.#waiters.add({ at: this.#done + count, resolve, reject }));
  }

  /** One request; resolves with `{ status, body }`, rejects when HTTP itself fails. */
  send(method, path, body) {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers = payload
        ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
        : {};
      const outgoing = request(`${this.#url}${path}`, {
        method,
        headers,
        agent: this.#agent,
        timeout: REQUEST_LIMIT_MS,
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`No answer within ${REQUEST_LIMIT_MS / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => (text += part));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, body: parsed(text) }));
      });
      outgoing.end(payload);
    });
  }

  async #loop() {
    while (this.#isRunning) {
      if (this.#sent >= this.#maxRequests) {
        this.#isRunning = false;
        for (const { reject } of this.#waiters) reject(new Error(`Stopped after ${this.#maxRequests} requests`));
        return;
      }
      this.#sent += 1;
      await this.#one(this.#sent);
    }
  }

  async #one(number) {
    const kind = this.#kindOf(number);
    const startedAt = performance.now();
    let outcome;
    try {
      outcome = await this.#send(kind, number);
    } catch (error) {
      outcome = { status: 0, body: { error: error.code ?? error.name, message: error.message } };
    }
    this.#count(kind, { ...outcome, startedAt, endedAt: performance.now() });
  }

  #kindOf(number) {
    const place = number % 100;
    if (place < ANNOUNCEMENTS) return 'announce';
    return place < ANNOUNCEMENTS + MATCHMAKING && this.#idlePlayers.length > 0 ? 'queue' : 'join';
  }

  #send(kind, number) {
    if (kind === 'announce')
      return this.send('POST', '/announcements', { text: `News ${number}`, ratingBonus: 1 + (number % 2) });
    if (kind === 'queue') return this.send('POST', '/matchmaking', { playerId: this.#idlePlayers.shift() });
    // ratings from 600 to 1,599, spread without a pattern
    return this.send('POST', '/players', { name: `Player ${number}`, rating: 600 + ((number * 7_919) % 1_000) });
  }

  #count(kind, outcome) {
    const phase = this.#phase;
    const { status, body } = outcome;
    phase.requests += 1;
    if (status < 200 || status > 299) {
      phase.failed += 1;
      this.failures.push({ ...outcome, kind, phase: phase.name });
    } else if (kind === 'join') {
      phase.joined.set(body.server, (phase.joined.get(body.server) ?? 0) + 1);
      this.#idlePlayers.push(body.id);
    } else if (kind === 'queue') {
      this.ticketsQueued += 1;
    }
    this.#done += 1;
    for (const waiter of this.#waiters) {
      if (this.#done < waiter.at) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

function newPhase(name) {
  return { name, requests: 0, failed: 0, joined: new Map() };
}

function parsed(text) {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return { error: 'NotJson', message: text.slice(0, 200) };
  }
}
