import fc from 'fast-check';
import { Chain, Link } from './chain.js';

class Item extends Link<Item> {
  constructor(readonly name: number) {
    super();
  }
}

it('agrees with an array, whatever comes and goes', () => {
  const step = fc.tuple(fc.constantFrom('push', 'insert', 'remove'), fc.nat(7), fc.nat(8));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const items = Array.from({ length: 8 }, (_, name) => new Item(name));
      const chain = new Chain<Item>();
      let model: Item[] = [];
      for (const [what, index, place] of steps) {
        const item = items[index]!;
        if (what === 'remove') {
          chain.remove(item);
          model = model.filter((other) => other !== item);
        } else if (!model.includes(item)) {
          if (what === 'push') chain.push(item);
          else chain.insert(item, model[Math.min(place, model.length) - 1]);
          if (what === 'push') model.push(item);
          else model.splice(Math.min(place, model.length), 0, item);
        }
        expect(chain.all().map(({ name }) => name)).toEqual(model.map(({ name }) => name));
        expect(chain.size).toBe(model.length);
        expect(chain.first).toBe(model[0]);
      }
    }),
  );
});

it('does not touch the link of another chain', () => {
  const [one, other] = [new Chain<Item>(), new Chain<Item>()];
  const item = new Item(1);
  one.push(item);
  other.remove(item);
  expect([one.size, other.size, item.chain]).toEqual([1, 0, one]);
});
