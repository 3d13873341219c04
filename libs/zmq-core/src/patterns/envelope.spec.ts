import { frames, text } from '../testing/pattern-harness.js';
import { bodyStart, requireFrame, withEnvelope, withFrame, withoutFrames } from './envelope.js';

const lengths = [1, 2, 3, 4, 5, 1000];
const message = (length: number) => frames(...Array.from({ length }, (_, i) => `${i}`));

describe('envelope', () => {
  it.each(lengths)('puts frames before %i others, and takes them off again, in new arrays', (length) => {
    const body = message(length);
    body.encoded = null;
    const [id] = frames('id');
    const one = withFrame(id!, body);
    expect(text(one)).toEqual(['id', ...text(body)!]);
    expect(withoutFrames(one, 1)).toEqual([...body]);
    const many = withEnvelope(frames('x', 'y', ''), body);
    expect(text(many)).toEqual(['x', 'y', '', ...text(body)!]);
    expect(text(withoutFrames(many, 3))).toEqual(text(body));
    expect(body).toHaveLength(length);
    expect(one.encoded).toBeUndefined();
    expect(withoutFrames(body, 0)).not.toBe(body);
  });

  it('does not change the envelope it is given', () => {
    const envelope = frames('x', '');
    withEnvelope(envelope, message(4));
    expect(text(envelope)).toEqual(['x', '']);
  });

  it.each([
    [['', 'a'], 1],
    [['x', 'y', '', 'a', ''], 3],
    [['', ''], 1],
    [['a'], 0],
    [['a', 'b'], 0],
    [['a', ''], 0],
    [[''], 0],
  ])('finds where the body of %j begins', (parts, start) => {
    expect(bodyStart(frames(...parts))).toBe(start);
  });

  it('refuses a message without frames', () => {
    expect(() => requireFrame([])).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => requireFrame(message(1))).not.toThrow();
  });
});
