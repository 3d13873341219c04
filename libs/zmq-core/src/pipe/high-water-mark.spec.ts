import { reopenLevel, sumOfMarks, unlimited } from './high-water-mark.js';

describe('sumOfMarks', () => {
  it('adds messages and bytes', () => {
    expect(sumOfMarks({ messages: 5, bytes: 100 }, { messages: 7, bytes: 20 })).toEqual({ messages: 12, bytes: 120 });
  });

  it('is unlimited where either side is, separately for messages and bytes', () => {
    expect(sumOfMarks({ messages: 0, bytes: 100 }, { messages: 7, bytes: 20 })).toEqual({ messages: 0, bytes: 120 });
    expect(sumOfMarks({ messages: 5, bytes: 100 }, { messages: 7, bytes: 0 })).toEqual({ messages: 12, bytes: 0 });
    expect(sumOfMarks(unlimited, { messages: 7, bytes: 20 })).toEqual(unlimited);
  });
});

describe('reopenLevel', () => {
  it('is reached when (limit + 1) / 2 were read', () => {
    expect([1, 2, 3, 4, 5, 1000].map((limit) => limit - reopenLevel(limit))).toEqual([1, 1, 2, 2, 3, 500]);
  });

  it('is 0 for no limit', () => {
    expect(reopenLevel(0)).toBe(0);
  });
});
