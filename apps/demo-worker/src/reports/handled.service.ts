import { Injectable } from '@nestjs/common';
import type { Handled } from '../../../demo-contract/messages.js';

/** How much this server has done since it started. */
@Injectable()
export class HandledService {
  readonly #counts = { calls: 0, events: 0, tasks: 0 };

  get counts(): Handled {
    return { ...this.#counts };
  }

  add(kind: keyof Handled): void {
    this.#counts[kind] += 1;
  }
}
