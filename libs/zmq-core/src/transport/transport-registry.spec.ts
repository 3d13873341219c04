import type { Transport } from './transport.js';
import { TransportRegistry } from './transport-registry.js';

const fake = (scheme: string): Transport => ({ scheme }) as Transport;

describe('TransportRegistry', () => {
  it('finds transports by their schemes', () => {
    const [tcp, ipc] = [fake('tcp'), fake('ipc')];
    const registry = new TransportRegistry([tcp, ipc]);
    expect([registry.get('tcp', 'tcp://x'), registry.get('ipc', 'ipc://x')]).toEqual([tcp, ipc]);
  });

  it('prefers the later of two with one scheme, so that a plug-in can replace a built-in', () => {
    const own = fake('tcp');
    expect(new TransportRegistry([fake('tcp'), own]).get('tcp', 'tcp://x')).toBe(own);
  });

  it('names the known schemes when there is none', () => {
    expect(() => new TransportRegistry([fake('tcp'), fake('ipc')]).get('pgm', 'pgm://x')).toThrow(
      expect.objectContaining({
        code: 'EPROTONOSUPPORT',
        address: 'pgm://x',
        message: expect.stringContaining('known are tcp://, ipc://') as string,
      }) as Error,
    );
  });
});
