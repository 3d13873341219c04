import { soon } from './turns.js';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('soon', () => {
  beforeEach(nextTurn);

  it('runs a task in a microtask', async () => {
    const order: string[] = [];
    soon(() => order.push('task'));
    order.push('caller');
    await Promise.resolve();
    expect(order).toEqual(['caller', 'task']);
  });

  it('lets the event loop go on in the middle of a long chain', async () => {
    let links = 0;
    let linksWhenLoopWentOn = 0;
    const chained = new Promise<void>((resolve) => {
      const link = (): void => {
        if (++links < 2000) soon(link);
        else resolve();
      };
      soon(link);
    });
    setImmediate(() => (linksWhenLoopWentOn = links));
    await chained;
    expect(linksWhenLoopWentOn).toBeGreaterThan(0);
    expect(linksWhenLoopWentOn).toBeLessThanOrEqual(600);
    expect(links).toBe(2000);
  });
});
