import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateFolder, loadCertificates, reloadCertificates } from './certificate-folder.js';
import { saveCertificate } from './certificate-file.js';
import { createKeyPair } from './key-pair.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

/** Makes a certificate, and gives its public key. */
function add(name: string, metadata: Record<string, string> = {}): string {
  const pair = createKeyPair();
  saveCertificate(at(name), { ...pair, metadata });
  return pair.publicKey;
}

describe('a folder of certificates', () => {
  it('has those of pyzmq and of CZMQ, by their public keys', async () => {
    const alice = add('alice.key', { name: 'Alice' });
    const bob = add('bob.txt');
    writeFileSync(at('README'), 'What is in this folder.');
    writeFileSync(at('.hidden.key'), 'nothing');
    rmSync(at('bob.txt_secret'));
    mkdirSync(at('more'));
    symlinkSync(at('more'), at('linked'));
    symlinkSync(at('gone'), at('dangling.key'));
    const loaded = loadCertificates(folder);
    expect([...loaded.keys()].sort()).toEqual([alice, bob].sort());
    // The secret file is not looked at.
    expect(loaded.get(alice)).toEqual({ publicKey: alice, secretKey: undefined, metadata: { name: 'Alice' } });
    expect(await reloadCertificates(folder)).toEqual({ certificates: loaded, errors: [] });
  });

  it('that is empty has none', async () => {
    expect(loadCertificates(folder).size).toBe(0);
    expect((await reloadCertificates(folder)).certificates.size).toBe(0);
  });

  it('with a broken certificate is refused at the start', () => {
    add('alice.key');
    writeFileSync(at('broken.key'), 'curve\n    public-key = "no key"\n');
    expect(() => loadCertificates(folder)).toThrow(/the public key in .*broken\.key has 6 characters/);
  });

  it('with a broken certificate that comes later still has the others', async () => {
    const alice = add('alice.key');
    const kept = new CertificateFolder(folder);
    const bob = add('bob.key');
    writeFileSync(at('broken.key'), 'x');
    writeFileSync(at('large.key'), Buffer.alloc(70_000));
    const errors = await kept.reload();
    expect(errors.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/broken\.key is no certificate/),
      expect.stringMatching(/large\.key is no certificate: it has 70000 bytes/),
    ]);
    expect([...kept.certificates.keys()].sort()).toEqual([alice, bob].sort());
    rmSync(at('alice.key'));
    rmSync(at('broken.key'));
    rmSync(at('large.key'));
    expect(await kept.reload()).toEqual([]);
    expect([...kept.certificates.keys()]).toEqual([bob]);
  });

  it('that cannot be listed keeps what it had', async () => {
    expect(() => loadCertificates(at('none'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    const alice = add('alice.key');
    const kept = new CertificateFolder(folder);
    rmSync(folder, { recursive: true });
    await expect(kept.reload()).rejects.toMatchObject({ code: 'ENOENT' });
    expect([...kept.certificates.keys()]).toEqual([alice]);
    mkdirSync(folder);
    expect(await kept.reload()).toEqual([]);
    expect(kept.certificates.size).toBe(0);
  });

  it('is as the last reading found it, however many there are at once', async () => {
    const kept = new CertificateFolder(folder);
    const readings: Promise<unknown>[] = [];
    const keys: string[] = [];
    for (let i = 0; i < 20; i++) {
      keys.push(add(`${i}.key`));
      readings.push(kept.reload());
    }
    await Promise.all(readings);
    expect([...kept.certificates.keys()].sort()).toEqual(keys.sort());
  });

  it('reads more files than it opens at once', async () => {
    const keys = Array.from({ length: 50 }, (_, i) => add(`${i}.key`));
    expect([...(await reloadCertificates(folder)).certificates.keys()].sort()).toEqual(keys.sort());
  });

  it('tells of changes until it is left', async () => {
    const kept = new CertificateFolder(folder);
    let stop: () => void = () => {};
    await new Promise<void>((changed, failed) => {
      stop = kept.watch(changed, failed);
      add('alice.key');
    });
    stop();
    stop();
    expect(() => new CertificateFolder(at('alice.key')).watch(() => {}, () => {})).toThrow(); // prettier-ignore
  });
});
