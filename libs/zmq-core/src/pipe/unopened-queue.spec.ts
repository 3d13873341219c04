import fc from 'fast-check';
import { message } from '../testing/pipe-log.js';
import { type MessageRun, UnopenedQueue } from './unopened-queue.js';

function runOf(texts: string[]): MessageRun {
  const left = [...texts];
  return {
    get length() {
      return left.length;
    },
    shift: () => message(left.shift()!),
  };
}

it('is a queue of messages, those of runs among them', () => {
  const text = fc.string({ maxLength: 3 });
  const step = fc.oneof(
    fc.record({ push: text }),
    fc.record({ run: fc.array(text, { minLength: 1, maxLength: 5 }) }),
    fc.record({ shift: fc.nat(7) }),
    fc.constant('clear' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new UnopenedQueue();
      let model: string[] = [];
      for (const todo of steps) {
        if (todo === 'clear') {
          queue.clear();
          model = [];
        } else if ('push' in todo) {
          queue.push(message(todo.push));
          model.push(todo.push);
        } else if ('run' in todo) {
          queue.pushRun(runOf(todo.run));
          model.push(...todo.run);
        } else {
          for (let i = 0; i < todo.shift; i++) expect(queue.shift()?.[0]?.toString()).toBe(model.shift());
        }
        expect(queue.length).toBe(model.length);
      }
    }),
  );
});
