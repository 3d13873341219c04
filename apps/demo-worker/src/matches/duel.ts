import type { Contender, Match, Ticket } from '../../../demo-contract/messages.js';

const BOUTS_TO_WIN = 3;
/** What one match between equals moves a rating by, twice: Elo's K. */
const STAKE = 32;

/** Who won, and how: the same tickets give the same bouts on every server. */
export function playDuel(one: Ticket, other: Ticket, server: string, ratingBonus: number): Match {
  const chance = winningChance(one.rating, other.rating);
  const random = seededRandom(`${one.id}/${other.id}`);
  let [wins, losses] = [0, 0];
  while (wins < BOUTS_TO_WIN && losses < BOUTS_TO_WIN) {
    if (random() < chance) wins += 1;
    else losses += 1;
  }
  const [winner, loser] = wins > losses ? [one, other] : [other, one];
  const change = Math.max(1, Math.round(STAKE * ratingBonus * (1 - winningChance(winner.rating, loser.rating))));
  return {
    id: `${one.id}-${other.id}`,
    server,
    winner: contender(winner, change),
    loser: contender(loser, -change),
    score: [Math.max(wins, losses), Math.min(wins, losses)],
  };
}

/** Elo: 400 points more are ten times the odds. */
export function winningChance(rating: number, opponent: number): number {
  return 1 / (1 + 10 ** ((opponent - rating) / 400));
}

function contender({ id, playerId, rating }: Ticket, change: number): Contender {
  return { ticketId: id, playerId, rating: rating + change };
}

/** FNV-1a over the text, then mulberry32. */
function seededRandom(text: string): () => number {
  let seed = 0x811c9dc5;
  for (const letter of text) seed = Math.imul(seed ^ letter.codePointAt(0)!, 0x01000193);
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
