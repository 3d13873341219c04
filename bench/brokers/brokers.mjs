import { loadContender } from '../contenders/index.mjs';

/** The brokers of a scenario's contenders. They run for as long as the scenario does. */
export class Brokers {
  #started = new Map();

  async start(contenders) {
    try {
      for (const id of contenders) {
        const { program } = await loadContender(id.split('→')[0]);
        if (program !== undefined) this.#started.set(id, await program.start());
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** What the contender's processes are told. */
  parametersOf(contender) {
    const broker = this.#started.get(contender)?.url;
    return broker === undefined ? {} : { broker };
  }

  async stop() {
    await Promise.all([...this.#started.values()].map((broker) => broker.stop()));
  }
}
