import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itWhen } from '../testing/it-when.js';
import { LARGEST_FILE, loadCertificate, saveCertificate } from './certificate-file.js';
import { createKeyPair } from './key-pair.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
const onUnix = itWhen(process.platform !== 'win32', 'file modes are those of Unix');

describe('saveCertificate', () => {
  it('writes a file for all and one for the owner', () => {
    const pair = { ...createKeyPair(), metadata: { name: 'Alice' } };
    const files = saveCertificate(at('alice.key'), pair);
    expect(files).toEqual({ publicFile: at('alice.key'), secretFile: at('alice.key_secret') });
    expect(readdirSync(folder).sort()).toEqual(['alice.key', 'alice.key_secret']);
    expect(loadCertificate(files.secretFile)).toEqual(pair);
    expect(loadCertificate(files.publicFile)).toEqual({ ...pair, secretKey: undefined });
    expect(readFileSync(files.publicFile, 'utf8')).not.toContain(pair.secretKey);
  });

  onUnix('with modes 0644 and 0600, whatever the mask allows', () => {
    const before = process.umask(0);
    try {
      saveCertificate(at('a.key'), createKeyPair());
    } finally {
      process.umask(before);
    }
    expect([modeOf(at('a.key')), modeOf(at('a.key_secret'))]).toEqual(['644', '600']);
  });

  it.each(['a.key', 'a.key_secret'])('takes nobody’s place: %s', (taken) => {
    writeFileSync(at(taken), 'precious');
    expect(() => saveCertificate(at('a.key'), createKeyPair())).toThrow(
      expect.objectContaining({ code: 'EEXIST', path: at(taken) }),
    );
    expect(readdirSync(folder)).toEqual([taken]);
    expect(readFileSync(at(taken), 'utf8')).toBe('precious');
  });

  onUnix('follows no link', () => {
    symlinkSync(at('elsewhere'), at('a.key_secret'));
    expect(() => saveCertificate(at('a.key'), createKeyPair())).toThrow(/EEXIST/);
    expect(readdirSync(folder)).toEqual(['a.key_secret']);
  });

  onUnix('with force takes their place, with modes of its own', () => {
    for (const name of ['a.key', 'a.key_secret']) {
      writeFileSync(at(name), 'old');
      chmodSync(at(name), 0o666);
    }
    const pair = createKeyPair();
    saveCertificate(at('a.key'), pair, { force: true });
    expect(readdirSync(folder).sort()).toEqual(['a.key', 'a.key_secret']);
    expect(loadCertificate(at('a.key_secret')).secretKey).toBe(pair.secretKey);
    expect(modeOf(at('a.key_secret'))).toBe('600');
  });

  it('leaves nothing behind when it fails', () => {
    // A folder cannot be replaced by a file.
    mkdirSync(at('a.key'));
    expect(() => saveCertificate(at('a.key'), createKeyPair(), { force: true })).toThrow();
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(() => saveCertificate(at('no/such/a.key'), createKeyPair())).toThrow(/ENOENT/);
    expect(() => saveCertificate(at('b.key'), { publicKey: 'x', secretKey: 'y' })).toThrow(/publicKey/);
    expect(readdirSync(folder)).not.toContain('b.key_secret');
  });
});

describe('loadCertificate', () => {
  it('names the file that is none', () => {
    writeFileSync(at('x.key'), 'hello');
    expect(() => loadCertificate(at('x.key'))).toThrow(
      expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining(`${at('x.key')} is no certificate`) }),
    );
    expect(() => loadCertificate(at('none.key'))).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('does not read what is too large', () => {
    writeFileSync(at('x.key'), Buffer.alloc(LARGEST_FILE + 1, '#'));
    expect(() => loadCertificate(at('x.key'))).toThrow(/it has 65537 bytes/);
  });
});
