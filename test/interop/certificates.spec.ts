import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  curveKeyPair,
  curvePublicKey,
  decodeZ85,
  encodeZ85,
  loadCertificate,
  loadCertificates,
  saveCertificate,
} from '@nest-zmq/core';
import { copyByCzmq, loadByCzmq, makeByCzmq, missingCzmq } from './czmq.js';
import { libraries } from './libzmq-peer.js';

/** Certificates and keys beside those of libzmq, by way of pyzmq and of CZMQ. What is missing is printed. */
const { command: python, missing } = libraries.find(({ name }) => name === 'python3-zmq')!;
const describeWhere = missing === undefined ? describe : describe.skip;

async function pyzmq<Result>(program: string, ...args: string[]): Promise<Result> {
  const code = `import json, sys, zmq, zmq.auth\nfrom zmq.utils import z85\n${program}`;
  const { stdout } = await promisify(execFile)(python, ['-c', code, ...args]);
  return JSON.parse(stdout) as Result;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const describeCzmq = missingCzmq() === undefined ? describe : describe.skip;

/** All that a value may be where nothing says what it means: quotes, blanks, what else begins a comment or a value. */
const metadata = {
  name: 'Alice "L" Liddell',
  note: "it's hers # and = nobody's",
  blanks: '  two  ',
  empty: '',
  'e-mail': 'Zoë <zoe@example.com>',
  '$-_@.&+': '%s %n \\n',
  long: 'x'.repeat(1000),
};

describeCzmq('certificates beside CZMQ', () => {
  const noKey = '0'.repeat(40);

  it('that we have written are loaded by CZMQ, with all that they say', () => {
    const file = join(folder, 'alice');
    const pair = curveKeyPair();
    saveCertificate(file, { ...pair, metadata });
    // Beside a public one CZMQ finds the secret one by itself.
    expect(loadByCzmq(file, `${file}_secret`)).toEqual([{ ...pair, metadata }, { ...pair, metadata }]); // prettier-ignore
    rmSync(`${file}_secret`);
    expect(loadByCzmq(file)).toEqual([{ publicKey: pair.publicKey, secretKey: noKey, metadata }]);
  });

  it('that CZMQ has written are read, and what it has copied of ours', () => {
    const own = join(folder, 'own');
    const pair = curveKeyPair();
    const known = { name: 'Alice Liddell', note: "it's hers # and = nobody's", 'e-mail': 'Zoë <zoe@example.com>', empty: '' };
    saveCertificate(own, { ...pair, metadata: known });
    copyByCzmq(own, join(folder, 'copy'));
    expect(loadCertificate(join(folder, 'copy'))).toEqual({ publicKey: pair.publicKey, secretKey: undefined, metadata: known });
    expect(loadCertificate(join(folder, 'copy_secret'))).toEqual({ ...pair, metadata: known });

    const made = makeByCzmq(join(folder, 'made'), known);
    expect(made.metadata).toEqual(known);
    expect(loadCertificate(join(folder, 'made'))).toEqual({ ...made, secretKey: undefined });
    expect(loadCertificate(join(folder, 'made_secret'))).toEqual(made);
    expect(curvePublicKey(made.secretKey)).toBe(made.publicKey);
    expect([...loadCertificates(folder).keys()].sort()).toEqual([pair.publicKey, made.publicKey].sort());
  }); // prettier-ignore

  it('of a public key alone, which CZMQ saves with a secret key of zeros, are read as what they are', () => {
    const file = join(folder, 'alice');
    const pair = curveKeyPair();
    saveCertificate(file, pair);
    rmSync(`${file}_secret`);
    copyByCzmq(file, join(folder, 'bob'));
    expect(readFileSync(join(folder, 'bob_secret'), 'utf8')).toContain(noKey);
    expect(loadCertificate(join(folder, 'bob_secret'))).toEqual({ publicKey: pair.publicKey, secretKey: undefined, metadata: {} }); // prettier-ignore
  });
});

describeWhere('certificates beside pyzmq', () => {
  it('that pyzmq has written are read', async () => {
    const [publicFile, secretFile] = await pyzmq<[string, string]>(
      `print(json.dumps(zmq.auth.create_certificates(sys.argv[1], 'alice', {'name': 'Alice Liddell', 'city': 'Oxford'})))`,
      folder,
    );
    const secret = loadCertificate(secretFile);
    expect(secret.metadata).toEqual({ name: 'Alice Liddell', city: 'Oxford' });
    expect(curvePublicKey(secret.secretKey!)).toBe(secret.publicKey);
    expect(loadCertificate(publicFile)).toEqual({ publicKey: secret.publicKey, secretKey: undefined, metadata: {} });
    expect([...loadCertificates(folder).keys()]).toEqual([secret.publicKey]);
  });

  it('that we have written are read by pyzmq', async () => {
    const pairs = Array.from({ length: 20 }, curveKeyPair);
    for (const [i, pair] of pairs.entries())
      saveCertificate(join(folder, `${i}.key`), { ...pair, metadata: { name: `number "${i}"` } });
    const read = await pyzmq<[string, string | null][]>(
      `out = []
for i in range(20):
    for suffix in ('.key', '.key_secret'):
        out.append([k and k.decode() for k in zmq.auth.load_certificate(f'{sys.argv[1]}/{i}{suffix}')])
print(json.dumps(out))`,
      folder,
    );
    expect(read).toEqual(pairs.flatMap(({ publicKey, secretKey }) => [[publicKey, null], [publicKey, secretKey]])); // prettier-ignore
    const found = await pyzmq<string[]>(
      `print(json.dumps(sorted(k.decode() for k in zmq.auth.load_certificates(sys.argv[1]))))`,
      folder,
    );
    expect(found).toEqual(pairs.map(({ publicKey }) => publicKey).sort());
    expect(statSync(join(folder, '0.key_secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, '0.key'), 'utf8')).not.toContain(pairs[0]!.secretKey);
  });
});

describeWhere('keys', () => {
  it('have the public key that libzmq finds', async () => {
    const pairs = Array.from({ length: 20 }, curveKeyPair);
    const found = await pyzmq<string[]>(
      `print(json.dumps([zmq.curve_public(k.encode()).decode() for k in json.loads(sys.argv[1])]))`,
      JSON.stringify(pairs.map(({ secretKey }) => secretKey)),
    );
    expect(found).toEqual(pairs.map(({ publicKey }) => publicKey));
    const theirs = await pyzmq<[string, string][]>(
      `print(json.dumps([[k.decode() for k in zmq.curve_keypair()] for i in range(20)]))`,
    );
    for (const [publicKey, secretKey] of theirs) expect(curvePublicKey(secretKey)).toBe(publicKey);
  });

  it('are written in Z85 as pyzmq writes it', async () => {
    const samples = Array.from({ length: 20 }, () => decodeZ85(curveKeyPair().secretKey).toString('hex'));
    const texts = await pyzmq<string[]>(
      `print(json.dumps([z85.encode(bytes.fromhex(h)).decode() for h in json.loads(sys.argv[1])]))`,
      JSON.stringify(samples),
    );
    expect(samples.map((hex) => encodeZ85(Buffer.from(hex, 'hex')))).toEqual(texts);
  });
});
