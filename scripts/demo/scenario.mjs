import { within } from './cluster.mjs';
import { Load } from './load.mjs';
import { ServerList } from './server-list.mjs';
import { phaseTable } from './table.mjs';

const CONNECTIONS = 32;
/** Answers that a phase with its servers unchanged is measured over. */
const ANSWERS_PER_PHASE = 3_000;
const MAX_REQUESTS = 200_000;
const LIMIT_MS = 120_000;
/** How far a server's share may be from even. */
const TOLERANCE = 0.2;
const LOSS_LIMIT_MS = 1_000;
const ANNOUNCEMENTS = 20;
/** Unlike any that the load announces. */
const LAST_BONUS = 5;

/**
 * Load over HTTP while servers are plugged in, killed and drained.
 * Resolves with whether all claims held.
 */
export async function playScenario(cluster) {
  const startedAt = performance.now();
  const story = new Story(cluster);
  try {
    const interrupted = cluster.stopBegins.then(() => Promise.reject(new Error('Interrupted')));
    await within(LIMIT_MS, 'the end of the story', Promise.race([story.play(), interrupted]));
  } catch (error) {
    // interrupted: no story, no claims
    if (cluster.isStopping) throw error;
    story.claim('The story comes to its end', false, error.message);
  } finally {
    story.end();
  }
  story.claim('Everything stops when asked to', ...stopped(await cluster.stop()));
  return story.conclude((performance.now() - startedAt) / 1000);
}

function stopped(killed) {
  return [
    killed.length === 0,
    killed.length === 0 ? 'all ended by themselves' : `had to be killed: ${killed.join(', ')}`,
  ];
}

class Story {
  #cluster;
  #list = new ServerList();
  #load;
  #phases = [];
  #claims = [];
  #lost = [];
  /** Failures that belong to the story. */
  #allowed = new Set();

  constructor(cluster) {
    this.#cluster = cluster;
    cluster.onLost = (name, how) => this.#lost.push(`${name} (${how})`);
  }

  async play() {
    await this.#setUp();
    await this.#threeServers();
    await this.#plugIn();
    await this.#kill();
    await this.#drain();
    await this.#load.stop();
    await this.#announce();
    await this.#finishMatches();
    this.claim('No process ended that was not told to', this.#lost.length === 0, this.#lost.join(', '));
  }

  end() {
    this.#load?.close();
    this.#list.close();
  }

  claim(what, held, detail = '') {
    this.#claims.push({ what, held, detail });
  }

  conclude(seconds) {
    const failed = this.#claims.filter(({ held }) => !held).length;
    console.log(`\n${phaseTable(this.#phases)}\n`);
    for (const { what, held, detail } of this.#claims) {
      console.log(`  ${held ? 'PASS' : 'FAIL'}  ${what}${detail && `: ${detail}`}`);
    }
    for (const { kind, phase, status, body } of this.#unexpected().slice(0, 10)) {
      console.log(`        failed ${kind} in '${phase}': ${status} ${JSON.stringify(body)}`);
    }
    console.log(`\nThe story took ${seconds.toFixed(1)} s.`);
    console.log(`Scenario: ${this.#claims.length - failed} passed, ${failed} failed`);
    return failed === 0;
  }

  /** The failures that no claim allows. */
  #unexpected() {
    return (this.#load?.failures ?? []).filter((failure) => !this.#allowed.has(failure));
  }

  async #setUp() {
    say('The gateway and three game servers start');
    await this.#cluster.startGateway({ anyPorts: true });
    await this.#list.open(this.#cluster.url);
    await Promise.all(['game-1', 'game-2', 'game-3'].map((name) => this.#cluster.startServer(name)));
    await this.#listed('game-1', 'game-2', 'game-3');
    this.#load = new Load(this.#cluster.url, { connections: CONNECTIONS, maxRequests: MAX_REQUESTS });
  }

  async #threeServers() {
    say(`Load over HTTP on ${CONNECTIONS} connections`);
    this.#load.start();
    await this.#steady('three servers');
  }

  async #plugIn() {
    say('game-4 and game-5 are plugged in');
    const phase = this.#begin('plug in two');
    await Promise.all(['game-4', 'game-5'].map((name) => this.#cluster.startServer(name)));
    await this.#listed('game-1', 'game-2', 'game-3', 'game-4', 'game-5');
    await this.#load.answers(ANSWERS_PER_PHASE / 10);
    this.#claimNoFailure('Plugging in two servers fails no request', phase);
    await this.#steady('five servers');
  }

  async #kill() {
    const victim = 'game-2';
    // frozen first, so that it is sure to have calls when it is killed
    if (process.platform !== 'win32') {
      process.kill(this.#cluster.pid(victim), 'SIGSTOP');
      await this.#list.until(`calls in flight at ${victim}`, (servers) => servers.get(victim)?.inFlight > 0);
    }
    const inFlight = this.#list.servers.get(victim).inFlight;
    say(`${victim} is frozen, then killed by kill -9 with ${inFlight} or more calls in flight`);
    const phase = this.#begin(`kill -9 ${victim}`);
    const killedAt = performance.now();
    await this.#cluster.end(victim, 'SIGKILL');
    await this.#listed('game-1', 'game-3', 'game-4', 'game-5');
    await this.#load.answers(ANSWERS_PER_PHASE / 10);
    this.#claimLoss(phase, victim, inFlight, killedAt);
    await this.#steady('four servers');
  }

  #claimLoss(phase, victim, inFlight, killedAt) {
    const failures = this.#load.failures.filter((failure) => failure.phase === phase.name);
    const typed = failures.filter(
      ({ status, body }) => status === 503 && body?.error === 'ZmqPeerLostError' && body.server === victim,
    );
    this.#allowed = new Set(typed);
    const noticedAt = Math.min(...failures.map(({ endedAt }) => endedAt));
    const later = failures.filter(({ startedAt }) => startedAt > noticedAt);
    const slowest = Math.max(0, ...failures.map(({ endedAt }) => endedAt - killedAt));
    this.claim(
      'A killed server fails the calls that it had, and no other',
      failures.length >= inFlight && failures.length <= this.#load.connections && later.length === 0,
      `${inFlight} or more in flight, ${failures.length} failed, ${later.length} of them begun after the loss was seen`,
    );
    this.claim(
      `… each with a ZmqPeerLostError that names it`,
      typed.length === failures.length,
      `${typed.length} of ${failures.length}`,
    );
    this.claim(`… within ${LOSS_LIMIT_MS} ms`, slowest <= LOSS_LIMIT_MS, `the last after ${slowest.toFixed(0)} ms`);
  }

  async #drain() {
    const leaver = 'game-3';
    say(`${leaver} is drained`);
    const phase = this.#begin(`drain ${leaver}`);
    const { code, signal } = await this.#cluster.drain(leaver);
    await this.#listed('game-1', 'game-4', 'game-5');
    await this.#load.answers(ANSWERS_PER_PHASE / 10);
    this.#claimNoFailure('Draining a server fails no request', phase);
    this.claim('A drained server ends by itself', code === 0, signal ? `by ${signal}` : `exit code ${code}`);
    await this.#steady('three servers again');
  }

  async #announce() {
    say(`${ANNOUNCEMENTS} announcements`);
    const before = await this.#settledNews();
    for (let number = 1; number <= ANNOUNCEMENTS; number += 1) {
      await this.#load.send('POST', '/announcements', { text: `Last round ${number}` });
    }
    const heard = (servers) =>
      [...before].every(([name, count]) => servers.get(name)?.reported?.announcements === count + ANNOUNCEMENTS);
    const all = await this.#list.until('the announcements', heard, 5_000).then(
      () => true,
      () => false,
    );
    const news = this.#list
      .names()
      .map((name) => this.#list.servers.get(name).reported.announcements - before.get(name));
    this.claim(
      'Each server hears each announcement',
      all,
      news.map((count) => `${count} of ${ANNOUNCEMENTS}`).join(', '),
    );
  }

  /** How many announcements each server has heard, when it has heard all so far: events keep their order. */
  async #settledNews() {
    await this.#load.send('POST', '/announcements', { text: 'The last rounds', ratingBonus: LAST_BONUS });
    await this.#list.until('the servers to hear of the last rounds', (servers) =>
      [...servers.values()].every(({ reported }) => reported?.ratingBonus === LAST_BONUS),
    );
    return new Map([...this.#list.servers].map(([name, { reported }]) => [name, reported.announcements]));
  }

  async #finishMatches() {
    say('The last matches are played');
    const queued = this.#load.ticketsQueued;
    let totals;
    const limit = performance.now() + 10_000;
    do {
      ({ body: totals } = await this.#load.send('GET', '/matchmaking'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    } while (totals.waiting > queued % 2 && performance.now() < limit);
    const { matches, waiting, repeated } = totals;
    this.claim(
      'Each queued player plays exactly one match',
      matches * 2 + waiting === queued && waiting === queued % 2,
      `${queued} queued, ${matches} matches, ${waiting} without an opponent, ${repeated} rounds given out twice`,
    );
  }

  /** Measures a phase in which nobody comes or goes. */
  async #steady(name) {
    const phase = this.#begin(name);
    await this.#load.answers(ANSWERS_PER_PHASE);
    this.#claimNoFailure(`No request fails with ${name}`, phase);
    const servers = this.#list.names();
    const joined = servers.map((server) => phase.joined.get(server) ?? 0);
    const even = joined.reduce((sum, count) => sum + count, 0) / servers.length;
    const deviations = joined.map((count) => Math.abs(count / even - 1));
    this.claim(
      `The shares of ${name} are within ${TOLERANCE * 100} % of even`,
      deviations.every((deviation) => deviation <= TOLERANCE),
      `the furthest is off by ${(Math.max(...deviations) * 100).toFixed(1)} %`,
    );
  }

  #begin(name) {
    const phase = this.#load.begin(name);
    this.#phases.push(phase);
    return phase;
  }

  #claimNoFailure(what, { requests, failed }) {
    this.claim(what, failed === 0, `${failed} of ${requests.toLocaleString('en')}`);
  }

  async #listed(...names) {
    await this.#list.until(
      `the gateway to list ${names.join(', ')}`,
      (servers) => servers.size === names.length && names.every((name) => servers.has(name)),
    );
  }
}

function say(sentence) {
  console.log(`▶ ${sentence}`);
}
