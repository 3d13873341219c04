import { Injectable } from '@nestjs/common';
import type { Announcement } from '../../../demo-contract/messages.js';

/** What the gateway announced to everybody, and what of it is in force. */
@Injectable()
export class NewsService {
  #count = 0;
  #last: Announcement | undefined;
  #ratingBonus = 1;

  get count(): number {
    return this.#count;
  }

  get last(): Announcement | undefined {
    return this.#last;
  }

  /** How much more a match moves ratings at the moment. */
  get ratingBonus(): number {
    return this.#ratingBonus;
  }

  add(announcement: Announcement): void {
    this.#count += 1;
    this.#last = announcement;
    this.#ratingBonus = announcement.ratingBonus ?? this.#ratingBonus;
  }
}
