import { createContext, Dealer, Router } from '@nest-zmq/core';
import { EventLog } from './stage.js';
import { nextTurn } from './raw-peer.js';

/**
 * A healthy pair of sockets that has nothing to do with what is attacked, but for the process.
 * It exchanges messages, and must not notice anything.
 */
export class Bystander {
  /** Questions that were answered. */
  exchanges = 0;
  readonly #context = createContext({});
  readonly #router = new Router({ context: this.#context, linger: 0 });
  readonly #dealer = new Dealer({ context: this.#context, linger: 0, routingId: 'bystander' });
  readonly #events = [new EventLog(this.#router), new EventLog(this.#dealer)];

  static async start(): Promise<Bystander> {
    const bystander = new Bystander();
    await bystander.#router.bind('tcp://127.0.0.1:*');
    bystander.#dealer.connect(bystander.#router.lastEndpoint!);
    await bystander.exchange();
    for (const events of bystander.#events) events.mark();
    return bystander;
  }

  /** One question and its answer. Throws when either is not what was sent. */
  async exchange(): Promise<void> {
    const question = `question ${this.exchanges}`;
    await this.#dealer.send(question);
    const [id, received] = await this.#router.receive();
    if (String(received) !== question) throw new Error(`the bystander received ${String(received)} for ${question}`);
    await this.#router.send([id!, 'answer', received!]);
    const [answer, echo] = await this.#dealer.receive();
    if (String(answer) !== 'answer' || String(echo) !== question)
      throw new Error(`the bystander was answered ${String(answer)}, ${String(echo)}`);
    this.exchanges++;
  }

  /** Exchanges one message after the other while the work is under way, and once more. Gives what the work gives. */
  async during<T>(work: Promise<T>): Promise<T> {
    let under = true;
    const done = (): void => void (under = false);
    work.then(done, done);
    while (under) {
      await this.exchange();
      await nextTurn();
    }
    await this.exchange();
    return work;
  }

  /** Throws when its connection was not what it should be all the time. */
  async stop(): Promise<void> {
    await this.exchange();
    const noticed = this.#events.flatMap(({ types }) => types);
    this.#dealer.close();
    this.#router.close();
    if (noticed.length > 0) throw new Error(`the bystander noticed ${noticed.join()}`);
  }
}
