import { handshakeTimeout, silence } from './timeouts.js';

it('says what was waited for, and which option says how long', () => {
  expect(handshakeTimeout(100)).toMatchObject({
    kind: 'timeout',
    handshaking: true,
    error: { code: 'ETIMEDOUT', message: expect.stringContaining('no handshake within 100 ms (handshakeInterval)') },
  });
  expect(silence()).toMatchObject({ kind: 'timeout', handshaking: false, error: { code: 'ETIMEDOUT' } });
});
