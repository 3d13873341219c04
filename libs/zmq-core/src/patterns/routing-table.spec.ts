import { createPipe } from '../pipe/pipe.js';
import { Route, RoutingTable } from './routing-table.js';

const random = { bytes: (size: number) => Buffer.alloc(size, 0xff), fraction: () => 0 };
const [end] = createPipe();
const newRoute = () => new Route(end);

describe('RoutingTable', () => {
  it('finds a pipe by the bytes of its id, not by the object', () => {
    const table = new RoutingTable(random);
    const ids = ['A', 'AB', 'A\0', '\xff'.repeat(5), 'x'.repeat(64), 'x'.repeat(65), 'x'.repeat(255), '\0abcde'];
    const routes = ids.map((id) => {
      const route = newRoute();
      table.add(route, Buffer.from(id, 'latin1'));
      return route;
    });
    ids.forEach((id, i) => expect(table.find(Buffer.from(id, 'latin1'))).toBe(routes[i]));
    for (const id of ['', 'B', 'ABC', 'x'.repeat(66)]) expect(table.find(Buffer.from(id))).toBeUndefined();
    for (const route of routes) {
      table.remove(route);
      expect(table.find(route.id!)).toBeUndefined();
    }
  });

  it('makes ids of 0x00 and a counter that wraps around, and skips those in use', () => {
    const table = new RoutingTable(random);
    const taken = newRoute();
    table.add(taken, Buffer.from([0, 0, 0, 0, 1]));
    const made = Array.from({ length: 3 }, () => {
      const route = newRoute();
      table.addGenerated(route);
      return route;
    });
    expect(made.map((route) => route.id!.toString('hex'))).toEqual(['0000000000', '0000000002', '0000000003']);
    expect(table.find(Buffer.from([0, 0, 0, 0, 2]))).toBe(made[1]);
    expect(table.find(Buffer.from([0, 0, 0, 0, 1]))).toBe(taken);
  });

  it('keeps its own copy of an announced id', () => {
    const table = new RoutingTable(random);
    const announced = Buffer.from('name');
    const route = newRoute();
    table.add(route, announced);
    announced.fill('x');
    expect(table.find(Buffer.from('name'))).toBe(route);
  });

  it('tells ids with the same hash apart', () => {
    // With as many short ids as this some of the 32-bit hashes collide.
    const table = new RoutingTable(random);
    const routes: Route[] = [];
    const count = 200_000;
    const ids = Array.from({ length: count }, (_, i) => Buffer.from(`peer-${i}-${i * 7919}`));
    const id = (i: number) => ids[i]!;
    for (let i = 0; i < count; i++) {
      const route = newRoute();
      table.add(route, id(i));
      routes.push(route);
    }
    let wrong = 0;
    for (let i = 0; i < count; i++) if (table.find(id(i)) !== routes[i]) wrong++;
    for (let i = 0; i < count; i += 2) table.remove(routes[i]!);
    for (let i = 0; i < count; i++) if (table.find(id(i)) !== (i % 2 === 0 ? undefined : routes[i])) wrong++;
    expect(wrong).toBe(0);
  });

  it('removing twice does not take the id from its next holder', () => {
    const table = new RoutingTable(random);
    for (const id of [Buffer.from('A'), Buffer.from([0, 9, 9, 9, 9]), Buffer.alloc(100, 1)]) {
      const [first, second] = [newRoute(), newRoute()];
      table.add(first, id);
      table.remove(first);
      table.add(second, id);
      table.remove(first);
      expect(table.find(id)).toBe(second);
    }
    table.remove(newRoute());
  });
});
