import type { Ticket } from '../../../demo-contract/messages.js';

export interface Pairing {
  readonly pairs: readonly (readonly [Ticket, Ticket])[];
  readonly unpaired: readonly Ticket[];
}

/** How far apart two fresh players may be; doubles with every round that one of them waited. */
const FAIR_GAP = 200;

/** Neighbours by rating, as long as the match is fair to both. */
export function pairByRating(tickets: readonly Ticket[]): Pairing {
  const sorted = tickets.toSorted((one, other) => one.rating - other.rating || (one.id < other.id ? -1 : 1));
  const pairs: [Ticket, Ticket][] = [];
  const unpaired: Ticket[] = [];
  let waiting: Ticket | undefined;
  for (const ticket of sorted) {
    if (waiting && isFair(waiting, ticket)) {
      pairs.push([waiting, ticket]);
      waiting = undefined;
      continue;
    }
    // nobody further up is nearer to it
    if (waiting) unpaired.push(waiting);
    waiting = ticket;
  }
  if (waiting) unpaired.push(waiting);
  return { pairs, unpaired };
}

function isFair(one: Ticket, other: Ticket): boolean {
  const patience = Math.max(one.roundsWaited, other.roundsWaited);
  return Math.abs(one.rating - other.rating) <= FAIR_GAP * 2 ** patience;
}
