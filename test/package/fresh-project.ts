import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../examples/example.js';

const run = promisify(execFile);

/** What `nest new` writes into a package.json, as far as a service needs it. */
const SCAFFOLD = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];
const SCAFFOLD_DEV = ['@types/node', 'typescript'];
const PACKAGES = ['libs/zmq-core', 'libs/nest-transport'];

const COMPILER_OPTIONS = {
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

/** In the versions that this repository is tested with, so that nothing changes from one day to the next. */
function versionsOf(names: readonly string[]): Record<string, string> {
  const version = (name: string): string =>
    (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;
  return Object.fromEntries(names.map((name) => [name, version(name)]));
}

/** Without what `npm test` tells of the repository: this npm is somewhere else. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => /^npm_(package|lifecycle|command|config_local_prefix)/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}

/** A folder outside the repository, with the tarballs that `npm publish` would upload, and projects that install them. */
export class FreshProjects {
  readonly home = realpathSync(mkdtempSync(join(tmpdir(), 'nest-zmq-fresh-')));
  readonly #tarballs: string[] = [];

  async pack(): Promise<void> {
    for (const folder of PACKAGES) {
      const args = ['pack', `./${folder}`, '--pack-destination', this.home, '--ignore-scripts', '--offline', '--json'];
      const { stdout } = await run('npm', args, { cwd: root });
      const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
      this.#tarballs.push(join(this.home, filename));
    }
  }

  /** What `nest new` makes, of this kind of modules, and after `npm install` of the tarballs and of Nest's microservices. */
  async create(kind: 'module' | 'commonjs', sources: ReadonlyMap<string, string>): Promise<FreshProject> {
    const folder = join(this.home, kind);
    mkdirSync(join(folder, 'src'), { recursive: true });
    const manifest = {
      name: `fresh-${kind}`,
      private: true,
      type: kind,
      dependencies: versionsOf(SCAFFOLD),
      devDependencies: versionsOf(SCAFFOLD_DEV),
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const tsconfig = { compilerOptions: COMPILER_OPTIONS, include: ['src'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
    const project = new FreshProject(folder, kind);
    for (const [name, code] of sources) project.write(name, code);
    await project.install(this.#tarballs, ['@nestjs/microservices']);
    return project;
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

export class FreshProject {
  constructor(
    readonly folder: string,
    readonly kind: 'module' | 'commonjs',
  ) {}

  /** Puts a file into `src`. */
  write(name: string, code: string): void {
    writeFileSync(join(this.folder, 'src', name), code);
  }

  /** `npm install` of files, and of packages in the repository's versions. Nothing runs at the install: npm's own default. */
  async install(files: readonly string[], names: readonly string[]): Promise<void> {
    const packages = Object.entries(versionsOf(names)).map(([name, version]) => `${name}@${version}`);
    const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...flags, ...files, ...packages], { cwd: this.folder, env: npmEnvironment() });
  }

  /** What the project's own TypeScript has to say of `src`; writes `dist`. */
  async compile(...options: string[]): Promise<string> {
    const args = [join(this.folder, 'node_modules/typescript/bin/tsc'), '-p', '.', ...options];
    const failed = (error: unknown): { stdout: string } => error as { stdout: string };
    const { stdout } = await run(process.execPath, args, { cwd: this.folder }).catch(failed);
    return stdout;
  }

  /** The file that `src/<name>.ts` has become. */
  built(name: string): string {
    return join(this.folder, 'dist', `${name}.js`);
  }

  /** Runs a program that stands in the project, and gives what it printed. */
  async evaluate(program: string, type: 'module' | 'commonjs'): Promise<string> {
    const args = ['--no-warnings', `--input-type=${type}`, '-e', program];
    const { stdout } = await run(process.execPath, args, { cwd: this.folder });
    return stdout;
  }
}
