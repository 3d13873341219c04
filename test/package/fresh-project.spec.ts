import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Example, killAll, listening, Ports, root } from '../examples/example.js';

/*
 * A new Nest project outside the repository. It has the packed tarballs of both packages,
 * what they declare and what Nest's own scaffold has, nothing else; and it runs the code of
 * the README as printed, as ES modules and as CommonJS. The other packages are linked from
 * this repository in the place of an `npm install`, which needs a registry.
 */

const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What `nest new` installs beside the packages that the transport asks for. */
const SCAFFOLD = ['@nestjs/platform-express', '@nestjs/testing', '@types/node'];
const PACKAGES = ['libs/zmq-core', 'libs/nest-transport'];

const home = realpathSync(mkdtempSync(join(tmpdir(), 'nest-zmq-fresh-')));
const tarballs: string[] = [];
let ports: Ports;

beforeAll(async () => {
  ports = await Ports.instead(['3000', '5555', '5560', '5561', '5562']);
  for (const folder of PACKAGES) {
    const args = ['pack', `./${folder}`, '--pack-destination', home, '--ignore-scripts', '--offline', '--json'];
    const { stdout } = await run('npm', args, { cwd: root });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    tarballs.push(join(home, filename));
  }
}, 60_000);

afterAll(async () => {
  await killAll();
  rmSync(home, { recursive: true, force: true });
});

/** The TypeScript of the README, by the names that stand above it. */
function printedCode(): Map<string, string> {
  const text = readFileSync(join(root, 'libs/nest-transport/README.md'), 'utf8');
  const blocks = [...text.matchAll(/<!-- examples\/(\S+) -->\s+```ts\n([\s\S]*?)```/g)];
  return new Map(blocks.map(([, name, code]) => [name!, ports.put(code!)]));
}

/** There is no `await` outside a function in CommonJS: from the first statement that starts something, into a function. */
function inMain(code: string): string {
  const start = code.search(/^const \w+ = (await|new) /m);
  return `${code.slice(0, start)}async function main(): Promise<void> {\n${code.slice(start)}}\nvoid main();\n`;
}

async function unpack(tarball: string, modules: string): Promise<Manifest> {
  const unpacked = join(modules, '.unpacked');
  mkdirSync(unpacked, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', unpacked]);
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package/package.json'), 'utf8')) as Manifest;
  const target = join(modules, manifest.name);
  mkdirSync(dirname(target), { recursive: true });
  await run('mv', [join(unpacked, 'package'), target]);
  return manifest;
}

/** What npm would install for it: dependencies, and peers that are not optional. */
function needs({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }: Manifest): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...Object.keys(dependencies), ...peers];
}

async function createProject(kind: 'module' | 'commonjs'): Promise<string> {
  const project = join(home, kind);
  const modules = join(project, 'node_modules');
  const manifests: Manifest[] = [];
  for (const tarball of tarballs) manifests.push(await unpack(tarball, modules));
  const ours = new Set(manifests.map(({ name }) => name));
  for (const name of new Set([...manifests.flatMap(needs), ...SCAFFOLD])) {
    if (ours.has(name)) continue;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: `fresh-${kind}`, private: true, type: kind }));
  const compilerOptions = {
    target: 'ES2023',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    strictPropertyInitialization: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    esModuleInterop: true,
    skipLibCheck: true,
    types: ['node'],
    outDir: 'dist',
    rootDir: 'src',
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  mkdirSync(join(project, 'src'));
  for (const [name, code] of printedCode()) {
    writeFileSync(join(project, 'src', name), kind === 'module' ? code : inMain(code));
  }
  return project;
}

describe.each([
  ['ES modules', 'module'],
  ['CommonJS', 'commonjs'],
] as const)('a fresh project with %s', (_name, kind) => {
  let project: string;
  const start = (name: string): Example => new Example(join(project, 'dist', `${name}.js`));

  beforeAll(async () => {
    project = await createProject(kind);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const compiled = await run(process.execPath, [tsc, '-p', project], { cwd: project }).catch(
      (error: unknown) => error,
    );
    expect((compiled as { stdout: string }).stdout).toBe('');
  }, 60_000);

  it('runs the service and the client of the README', async () => {
    const service = start('service');
    const client = start('client');
    expect(await client.exited).toBe(0);
    expect(client.output).toMatch(/^6$/m);
    await service.stop();
    expect(service.output).not.toMatch(/ERROR|WARN/);
  });

  it('runs its gateway and its shop: a call, an event and a task', async () => {
    const gateway = start('gateway');
    await gateway.printed('successfully started');
    await listening(ports.get('3000'));
    const shop = start('shop');
    await shop.printed('successfully started');
    const response = await fetch(`http://127.0.0.1:${ports.get('3000')}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(['tea', 'cake']),
    });
    expect(await response.json()).toEqual({ price: 7 });
    await shop.printed('Ordered: tea, cake');
    await shop.printed('Dear customer, tea, cake will cost 7');
    for (const program of [shop, gateway]) {
      await program.stop();
      expect(program.output).not.toContain('ERROR');
    }
  });

  it('has the packages and their entries from the tarballs, each once', async () => {
    const load =
      kind === 'module' ? (name: string) => `await import('${name}')` : (name: string) => `require('${name}')`;
    const program = `
      const { ZmqServer } = ${load('@nest-zmq/transport')};
      const { createTestTransport } = ${load('@nest-zmq/transport/testing')};
      const { Router } = ${load('@nest-zmq/core')};
      const transport = createTestTransport();
      console.log(transport.strategy instanceof ZmqServer, typeof Router, ${kind === 'module' ? 'import.meta.resolve' : 'require.resolve'}('@nest-zmq/core'));
      transport.close();
    `;
    const args = ['--no-warnings', `--input-type=${kind}`, '-e', program];
    const { stdout } = await run(process.execPath, args, { cwd: project });
    expect(stdout).toContain('true function');
    expect(stdout).toContain(join(project, 'node_modules/@nest-zmq/core/dist/index.js'));
  });
});
