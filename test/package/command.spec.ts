import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/*
 * The command `nest-zmq` as somebody gets it who installs `@nest-zmq/core`: from the packed
 * tarball, which `npm test` has built the contents of. No registry is asked: what the
 * package depends on is packed from what is installed here.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let folder: string;
let packed: Packed;
let command: string;

async function pack(path: string): Promise<Packed> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, path];
  const { stdout } = await run('npm', args, { cwd: root });
  return (JSON.parse(stdout) as Packed[])[0]!;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packed-'));
  packed = await pack('./libs/zmq-core');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'libs/zmq-core/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const files: Record<string, string> = { '@nest-zmq/core': `file:${packed.filename}` };
  for (const name of Object.keys(dependencies)) files[name] = `file:${(await pack(`./node_modules/${name}`)).filename}`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: files }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
  command = join(folder, 'node_modules/.bin/nest-zmq');
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('nest-zmq, installed', () => {
  it('is executable in the tarball, and begins as a program', () => {
    expect(packed.files.find(({ path }) => path === 'dist/cli/nest-zmq.js')?.mode).toBe(0o755);
    const file = join(folder, 'node_modules/@nest-zmq/core/dist/cli/nest-zmq.js');
    expect(readFileSync(file, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('makes keys that it reads again', async () => {
    const { stdout } = await run(command, ['keygen', '--name', 'alice', '--json', '--out', 'keys'], { cwd: folder });
    const { publicKey, secretFile } = JSON.parse(stdout) as { publicKey: string; secretFile: string };
    expect(statSync(join(folder, secretFile)).mode & 0o777).toBe(0o600);
    const again = await run(command, ['public', secretFile], { cwd: folder });
    expect(again.stdout).toBe(`${publicKey}\n`);
  });

  it('reads standard input', async () => {
    const { secretKey, publicKey } = JSON.parse((await run(command, ['keygen', '--json'])).stdout) as Record<
      string,
      string
    >;
    const asked = run(command, ['public', '-']);
    asked.child.stdin!.end(secretKey);
    expect((await asked).stdout).toBe(`${publicKey}\n`);
  });

  it('tells its version, and ends with the code that its help says', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'libs/zmq-core/package.json'), 'utf8')) as {
      version: string;
    };
    expect((await run(command, ['--version'])).stdout).toBe(`${version}\n`);
    await expect(run(command, ['public', 'no-such-file'])).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^nest-zmq: ENOENT/),
    });
    await expect(run(command, ['make'])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
  });
});
