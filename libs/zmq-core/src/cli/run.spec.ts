import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCertificate } from '../keys/certificate-file.js';
import { itWhen } from '../testing/it-when.js';
import { run } from './run.js';

const publicKey = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
const secretKey = 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

interface Done {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function call(args: readonly string[], input = ''): Done {
  let [out, error] = ['', ''];
  const code = run(args, { out: (text) => (out += text), error: (text) => (error += text), input: () => input });
  return { code, out, error };
}

describe('nest-zmq', () => {
  it.each([['--help'], ['-h'], ['keygen', '--help'], ['public', '-h']])('helps: %s', (...args) => {
    const { code, out, error } = call(args);
    expect([code, error]).toEqual([0, '']);
    for (const word of [
      'nest-zmq keygen',
      'nest-zmq public',
      '--out',
      '--name',
      '--force',
      '--json',
      '--version',
      'Exit codes',
    ])
      expect(out).toContain(word);
    expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(90);
  });

  it('tells its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(call(['--version'])).toEqual({ code: 0, out: `${version}\n`, error: '' });
  });

  it.each([
    [[], 'no command was given'],
    [['genkey'], 'there is no command "genkey"'],
    [['keygen', 'folder'], 'keygen takes no "folder"; the folder is given by --out'],
    [['keygen', '--outt', 'x'], "Unknown option '--outt'"],
    [['keygen', '--out'], "'--out <value>' argument missing"],
    [['keygen', '--name', 'a/b'], '--name is "a/b"; it must be the name of a file'],
    [['keygen', '--name', ''], '--name is ""'],
    [['keygen', '--name', '.hidden'], '--name is ".hidden"'],
    [['keygen', '--name', '..'], '--name is ".."'],
    [['public'], 'public takes one file'],
    [['public', 'a', 'b'], 'public takes one file'],
    [['public', 'a', '--force'], 'public has no option --force'],
  ])('called wrongly as %j says so, and what helps', (args, message) => {
    const { code, out, error } = call(args);
    expect([code, out]).toEqual([2, '']);
    expect(error).toMatch(/^nest-zmq: /);
    expect(error).toContain(message);
    expect(error).toContain('nest-zmq --help');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('nest-zmq keygen', () => {
  it('writes a pair, and tells where', () => {
    const { code, out, error } = call(['keygen', '--out', at('keys'), '--name', 'alice']);
    expect([code, error]).toEqual([0, '']);
    const made = loadCertificate(at('keys/alice.key_secret'));
    expect(made.secretKey).toHaveLength(40);
    expect(loadCertificate(at('keys/alice.key'))).toEqual({ ...made, secretKey: undefined });
    expect(out).toBe(
      `${at('keys/alice.key')}  public key ${made.publicKey}\n${at('keys/alice.key_secret')}  secret, keep it to yourself\n`,
    );
  });

  itWhen(process.platform !== 'win32', 'file modes are those of Unix')('keeps the secret to its owner', () => {
    call(['keygen', '--out', at('keys')]);
    const mode = (name: string): number => statSync(at(name)).mode & 0o077;
    expect([mode('keys'), mode('keys/curve.key_secret')]).toEqual([0, 0]);
  });

  it('never takes the place of a file but by force', () => {
    call(['keygen', '--out', folder]);
    const before = readFileSync(at('curve.key_secret'), 'utf8');
    const refused = call(['keygen', '--out', folder]);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.error).toMatch(
      /curve\.key_secret is there already; choose another --name, or take its place with --force/,
    );
    expect(readFileSync(at('curve.key_secret'), 'utf8')).toBe(before);
    expect(call(['keygen', '--out', folder, '--force']).code).toBe(0);
    expect(readFileSync(at('curve.key_secret'), 'utf8')).not.toBe(before);
    expect(readdirSync(folder).sort()).toEqual(['curve.key', 'curve.key_secret']);
  });

  it('as JSON alone tells the pair, and writes nothing', () => {
    const { code, out, error } = call(['keygen', '--json']);
    expect([code, error]).toEqual([0, '']);
    const pair = JSON.parse(out) as Record<string, string>;
    expect(Object.keys(pair)).toEqual(['publicKey', 'secretKey']);
    expect(call(['public', '-'], pair['secretKey']).out).toBe(`${pair['publicKey']}\n`);
    expect(existsSync('curve.key')).toBe(false);
  });

  it('as JSON with a folder tells the files, and not the secret', () => {
    const { out } = call(['keygen', '--json', '--out', folder, '--name', 'bob']);
    const made = loadCertificate(at('bob.key_secret'));
    expect(JSON.parse(out)).toEqual({
      publicKey: made.publicKey,
      publicFile: at('bob.key'),
      secretFile: at('bob.key_secret'),
    });
  });

  it('says when the folder is none', () => {
    writeFileSync(at('file'), '');
    const { code, error } = call(['keygen', '--out', at('file')]);
    expect([code, error]).toEqual([1, expect.stringMatching(/^nest-zmq: EEXIST/)]);
  });
});

describe('nest-zmq public', () => {
  it('reads certificates, files with a key alone, and standard input', () => {
    call(['keygen', '--out', folder]);
    const made = loadCertificate(at('curve.key_secret'));
    expect(call(['public', at('curve.key_secret')])).toEqual({ code: 0, out: `${made.publicKey}\n`, error: '' });
    writeFileSync(at('bare'), `${secretKey}\n`);
    expect(call(['public', at('bare')]).out).toBe(`${publicKey}\n`);
    expect(call(['public', '-'], `  ${secretKey}\r\n`).out).toBe(`${publicKey}\n`);
    expect(call(['public', '-'], readFileSync(at('curve.key_secret'), 'utf8')).out).toBe(`${made.publicKey}\n`);
  });

  it('says what is wrong, and not the key', () => {
    call(['keygen', '--out', folder]);
    writeFileSync(at('broken'), secretKey.slice(1));
    const answers = [
      call(['public', at('curve.key')]),
      call(['public', at('none')]),
      call(['public', at('broken')]),
      call(['public', '-'], ''),
      call(['public', '-'], `${secretKey.slice(1)}~`),
    ];
    expect(answers.map(({ code, out }) => [code, out])).toEqual(answers.map(() => [1, '']));
    expect(answers.map(({ error }) => error)).toEqual([
      expect.stringContaining('curve.key has no secret key; that is in the file whose name ends in "_secret"'),
      expect.stringContaining('ENOENT'),
      expect.stringContaining('is no certificate'),
      expect.stringContaining('standard input is no certificate: it has no curve/public-key'),
      expect.stringContaining('the key in standard input is no key of 40 characters of Z85'),
    ]);
    for (const { error } of answers) expect(error).not.toContain(secretKey.slice(4, 12));
  });

  itWhen(process.getuid?.() !== 0, 'root may read every file')('says when it may not read', () => {
    writeFileSync(at('closed'), secretKey);
    chmodSync(at('closed'), 0);
    expect(call(['public', at('closed')])).toMatchObject({ code: 1, error: expect.stringContaining('EACCES') });
  });
});
