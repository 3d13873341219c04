import { loadOptional } from './optional.package.js';
import { ZmqMissingPackageError } from './zmq.errors.js';

describe('loadOptional', () => {
  it('gives a package that is there', () => {
    expect(loadOptional<{ Counter: unknown }>('prom-client', 'the spec').Counter).toBeInstanceOf(Function);
  });

  it('names a package that is not, who needs it, and the way out', () => {
    const load = (): unknown => loadOptional('@nest-zmq/not-there', 'aCodec()');
    expect(load).toThrow(ZmqMissingPackageError);
    expect(load).toThrow(
      "aCodec() needs the package '@nest-zmq/not-there', which is not installed: npm install @nest-zmq/not-there",
    );
  });
});
