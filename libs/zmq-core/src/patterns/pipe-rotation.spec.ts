import { createPipe } from '../pipe/pipe.js';
import { PipeRotation, PipeSlot } from './pipe-rotation.js';

function rotationOf(count: number) {
  const rotation = new PipeRotation<PipeSlot>();
  const slots = Array.from({ length: count }, () => new PipeSlot(createPipe()[0]));
  for (const slot of slots) rotation.attach(slot);
  return { rotation, slots };
}

describe('PipeRotation', () => {
  it('keeps each slot at its index and the active ones in front, whatever happens', () => {
    const { rotation, slots } = rotationOf(7);
    const steps: (() => void)[] = [
      () => rotation.deactivate(slots[2]!),
      () => rotation.deactivate(slots[0]!),
      () => rotation.activate(slots[2]!),
      () => rotation.detach(slots[5]!.end),
      () => rotation.deactivate(slots[5]!),
      () => rotation.detach(slots[0]!.end),
      () => rotation.attach(slots[0]!),
      () => rotation.attach(slots[0]!),
      () => rotation.activate(slots[3]!),
      () => slots.forEach((slot) => rotation.deactivate(slot)),
      () => rotation.detach(slots[1]!.end),
    ];
    for (const step of steps) {
      step();
      expect(rotation.slots.map((slot) => slot.index)).toEqual(rotation.slots.map((_, index) => index));
      expect(rotation.active).toBeLessThanOrEqual(rotation.slots.length);
      expect(rotation.current === 0 || rotation.current < rotation.active).toBe(true);
    }
    expect(rotation.slots).toHaveLength(5);
    expect(rotation.active).toBe(0);
  });

  it('knows nothing of a detached pipe', () => {
    const { rotation, slots } = rotationOf(2);
    const [slot] = slots;
    expect(rotation.detach(slot!.end)).toBe(slot);
    expect(rotation.detach(slot!.end)).toBeUndefined();
    expect(rotation.find(slot!.end)).toBeUndefined();
    expect(slot!.index).toBe(-1);
    rotation.deactivate(slot!);
    expect(rotation.active).toBe(1);
  });

  it('advances only from the slot whose turn it is', () => {
    const { rotation, slots } = rotationOf(3);
    rotation.advance(slots[2]!);
    expect(rotation.current).toBe(0);
    rotation.advance(slots[0]!);
    expect(rotation.current).toBe(1);
  });
});
