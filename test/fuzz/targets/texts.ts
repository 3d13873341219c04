import { ZmqError } from '../../../libs/zmq-core/src/foundation/errors.js';
import { decodeZ85, encodeZ85 } from '../../../libs/zmq-core/src/foundation/z85.js';
import { parseCertificate } from '../../../libs/zmq-core/src/keys/certificate.js';
import { createKeyPair } from '../../../libs/zmq-core/src/keys/key-pair.js';
import { parseZpl, ZplError } from '../../../libs/zmq-core/src/keys/zpl.js';
import { decodeReply, decodeRequest, encodeRequest } from '../../../libs/zmq-core/src/zap/zap-message.js';
import type { Session } from '../mutator.js';
import { hold, type Target } from '../target.js';

/** What else is read and was written by somebody else: ZAP, Z85, certificates. */

const bytes = (...parts: readonly (string | Buffer)[]): Session => parts.map((part) => Buffer.from(part as string));

function throwsOnly(type: abstract new (...args: never[]) => Error, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof type)) throw error;
  }
}

const property = '\x04X-ab\0\0\0\x01c';
const zapReply = (status: string): Session => bytes('', '1.0', '1', status, 'text', 'user', property);
const zapRequest = encodeRequest({
  domain: 'games',
  address: '10.0.0.1',
  routingId: Buffer.from('me'),
  mechanism: 'PLAIN',
  credentials: [Buffer.from('joe'), Buffer.from('secret')],
});

const pair = createKeyPair();
const certificate = [
  '#   ****  Generated  ****\n',
  'metadata\n',
  '    name = "Joe"\n    email = joe@example.com\n',
  'curve\n',
  `    public-key = "${pair.publicKey}"\n`,
  `    secret-key = "${pair.secretKey}"\n`,
];

const targets: readonly Omit<Target, 'takesFrames'>[] = [
  {
    name: 'zap reply',
    corpus: [zapReply('200'), zapReply('300'), zapReply('400'), zapReply('500')],
    run(frames) {
      const verdict = decodeReply(frames);
      if (verdict.status !== 200) return;
      // Only this, and nothing that is nearly this, admits.
      const [delimiter, version, id, status] = frames.map((frame) => frame.toString('latin1'));
      hold(frames.length === 7 && delimiter === '' && version === '1.0' && id === '1' && status === '200', 'admitted');
      for (const name of verdict.properties.keys()) hold(name.toLowerCase() !== 'user-id', 'a second user id');
    },
  },
  {
    name: 'zap request',
    corpus: [[Buffer.from('route'), ...zapRequest]],
    run: (frames) => void decodeRequest(frames),
  },
  {
    name: 'z85',
    corpus: [bytes('HelloWorld'), bytes(pair.publicKey), bytes('')],
    run([text = Buffer.alloc(0)]) {
      throwsOnly(ZmqError, () => {
        const z85 = text.toString('latin1');
        hold(encodeZ85(decodeZ85(z85)) === z85, 'another text for the same bytes');
      });
    },
  },
  {
    name: 'certificate',
    corpus: [bytes(...certificate), bytes('curve\n', `    public-key = ${pair.publicKey}\n`)],
    run(lines) {
      const text = Buffer.concat(lines).toString();
      throwsOnly(ZplError, () => void parseZpl(text));
      throwsOnly(ZmqError, () => {
        const { metadata, publicKey } = parseCertificate(text, 'a file');
        hold(publicKey.length === 40, 'a public key of another length');
        hold(Object.getPrototypeOf(metadata) === Object.prototype, 'metadata with a prototype of their own');
      });
    },
  },
];

export function textTargets(): Target[] {
  return targets.map((target) => ({ ...target, takesFrames: true as const }));
}
