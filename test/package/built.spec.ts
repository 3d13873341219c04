import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The built packages, as a program at the repository's root loads them. `npm test` has built them. */
const root = fileURLToPath(new URL('../..', import.meta.url));

async function node(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout.trim();
}

describe.each([
  ['@nest-zmq/core', 'Router'],
  ['@nest-zmq/transport', 'ZmqServer'],
])('%s, built', (name, exported) => {
  it('loads by import()', async () => {
    expect(await node('-e', `import('${name}').then((it) => console.log(typeof it.${exported}))`)).toBe('function');
  });

  it('loads by require()', async () => {
    expect(await node('-e', `console.log(typeof require('${name}').${exported})`)).toBe('function');
  });

  it('is one and the same by both', async () => {
    const program = `import('${name}').then((it) => console.log(it.${exported} === require('${name}').${exported}))`;
    expect(await node('-e', program)).toBe('true');
  });

  it('declares its types', async () => {
    const { default: ts } = await import('typescript');
    const { resolvedModule } = ts.resolveModuleName(
      name,
      `${root}/x.ts`,
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      ts.sys,
    );
    expect(resolvedModule?.resolvedFileName).toMatch(/dist\/index\.d\.ts$/);
  });
});
