import type { Ticket } from '../../../demo-contract/messages.js';
import { playDuel, winningChance } from './duel.js';

function ticket(id: string, rating: number): Ticket {
  return { id, playerId: `player of ${id}`, rating, roundsWaited: 0 };
}

describe('playDuel', () => {
  it('ends the same way on every server', () => {
    const [one, other] = [ticket('a', 1_000), ticket('b', 1_050)];
    const here = playDuel(one, other, 'game-1', 1);
    expect(playDuel(one, other, 'game-2', 1)).toEqual({ ...here, server: 'game-2' });
    expect(here.score[0]).toBe(3);
    expect(here.score[1]).toBeLessThan(3);
  });

  it('takes from one what it gives to the other, more under a bonus', () => {
    for (const [bonus, change] of [
      [1, 16],
      [3, 48],
    ] as const) {
      const { winner, loser } = playDuel(ticket('a', 1_000), ticket('b', 1_000), 'game-1', bonus);
      expect([winner.rating, loser.rating]).toEqual([1_000 + change, 1_000 - change]);
    }
  });

  it('is won by the better player more often, but not always', () => {
    let wins = 0;
    for (let number = 0; number < 500; number += 1) {
      const { winner } = playDuel(ticket(`strong ${number}`, 1_200), ticket(`weak ${number}`, 1_000), 'game-1', 1);
      if (winner.ticketId.startsWith('strong')) wins += 1;
    }
    // three of five bouts at 76 % each: 91 % of the matches
    expect(wins).toBeGreaterThan(425);
    expect(wins).toBeLessThan(490);
  });
});

it('400 points more are ten times the odds', () => {
  expect(winningChance(1_400, 1_000)).toBeCloseTo(10 / 11);
  expect(winningChance(1_000, 1_400)).toBeCloseTo(1 / 11);
  expect(winningChance(1_000, 1_000)).toBe(0.5);
});
