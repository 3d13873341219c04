import { Injectable } from '@nestjs/common';
import type { Announcement } from '../../../demo-contract/messages.js';

const KEPT = 100;

/** What the gateway announced to everybody, and what of it is in force. */
@Injectable()
export class NewsService {
  readonly #latest: Announcement[] = [];
  #count = 0;
  #ratingBonus = 1;

  get count(): number {
    return this.#count;
  }

  /** How much more a match moves ratings at the moment. */
  get ratingBonus(): number {
    return this.#ratingBonus;
  }

  get latest(): readonly Announcement[] {
    return this.#latest;
  }

  add(announcement: Announcement): void {
    this.#count += 1;
    this.#latest.push(announcement);
    if (this.#latest.length > KEPT) this.#latest.shift();
    this.#ratingBonus = announcement.ratingBonus ?? this.#ratingBonus;
  }
}
