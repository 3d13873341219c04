import type { Ticket } from '../../../demo-contract/messages.js';
import { pairByRating } from './pairing.js';

function ticket(id: string, rating: number, roundsWaited = 0): Ticket {
  return { id, playerId: `player of ${id}`, rating, roundsWaited };
}

function paired(...tickets: Ticket[]): { pairs: string[]; unpaired: string[] } {
  const { pairs, unpaired } = pairByRating(tickets);
  return { pairs: pairs.map(([one, other]) => `${one.id}-${other.id}`), unpaired: unpaired.map(({ id }) => id) };
}

describe('pairByRating', () => {
  it('pairs neighbours, whatever their order', () => {
    expect(paired(ticket('a', 1_900), ticket('b', 1_000), ticket('c', 1_950), ticket('d', 1_100))).toEqual({
      pairs: ['b-d', 'a-c'],
      unpaired: [],
    });
  });

  it('leaves out who is too far from both neighbours', () => {
    expect(paired(ticket('a', 1_000), ticket('b', 1_300), ticket('c', 1_400), ticket('d', 2_000))).toEqual({
      pairs: ['b-c'],
      unpaired: ['a', 'd'],
    });
  });

  it('is less strict with every round that one has waited', () => {
    expect(paired(ticket('a', 1_000), ticket('b', 2_000))).toEqual({ pairs: [], unpaired: ['a', 'b'] });
    expect(paired(ticket('a', 1_000, 3), ticket('b', 2_000))).toEqual({ pairs: ['a-b'], unpaired: [] });
  });

  it('has nothing to do for nobody, and no opponent for one', () => {
    expect(paired()).toEqual({ pairs: [], unpaired: [] });
    expect(paired(ticket('a', 1_000))).toEqual({ pairs: [], unpaired: ['a'] });
  });
});
