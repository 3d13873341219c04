import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The built drop-in entries, as a program at the repository's root loads them. `npm test` has built them. */
const root = fileURLToPath(new URL('../..', import.meta.url));

async function node(program: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', `${print}\n${program}`], { cwd: root });
  return JSON.parse(stdout);
}

const print = 'const print = (it) => process.stdout.write(JSON.stringify(it), () => process.exit(0));';

describe.each([
  // npm zeromq has no `exports`: its further entries are files.
  ['@nest-zmq/core/zeromq', 'zeromq', 'Push', 20],
  ['@nest-zmq/core/zeromq/draft', 'zeromq/draft.js', 'Server', 7],
  ['@nest-zmq/core/zeromq/v5-compat', 'zeromq/v5-compat.js', 'Socket', 84],
])('%s, built', (ours, npm, exported, count) => {
  it(`by require() has the ${count} members of npm ${npm}, and nothing else`, async () => {
    const [keys, npms] = (await node(
      `print(['${ours}', '${npm}'].map((name) => Object.keys(require(name)).sort()))`,
    )) as [string[], string[]];
    expect(keys).toEqual(npms);
    expect(keys).toHaveLength(count);
  });

  it('by import() has the same, and them as default', async () => {
    const seen = await node(`Promise.all(['${ours}', '${npm}'].map((name) => import(name))).then((all) =>
      print(all.map((it) => [Object.keys(it.default).sort(), Object.keys(it).filter((key) => key !== 'module.exports').sort()])))`);
    const [[ours_, names], [npms]] = seen as [[string[], string[]], [string[], string[]]];
    expect(ours_).toEqual(npms);
    expect(names).toEqual([...npms, 'default'].sort());
  });

  it('is one and the same by all ways', async () => {
    const program = `import('${ours}').then((it) => print([it, it.default].map((all) => all.${exported} === require('${ours}').${exported})))`;
    expect(await node(program)).toEqual([true, true]);
  });

  it('has no member under another name, unless it has both', async () => {
    const program = `print(Object.entries(require('${ours}')).filter(([name, it]) => typeof it === 'function' && it.name !== name && require('${ours}')[it.name] !== it))`;
    expect(await node(program)).toEqual([]);
  });

  it('declares its types', async () => {
    const { default: ts } = await import('typescript');
    const { resolvedModule } = ts.resolveModuleName(
      ours,
      `${root}/x.ts`,
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
      ts.sys,
    );
    expect(resolvedModule?.resolvedFileName).toMatch(/dist\/zeromq\/[\w-]+\.d\.ts$/);
  });
});

describe('the entries together', () => {
  it('share the context and the classes', async () => {
    const program = `const zmq = require('@nest-zmq/core/zeromq');
      const { Scatter } = require('@nest-zmq/core/zeromq/draft');
      const { Pull } = require('@nest-zmq/core');
      const [pull, push] = [new Pull(), new zmq.Push()];
      pull.bind('inproc://shared').then(async () => {
        push.connect('inproc://shared');
        await push.send('from the drop-in entry');
        print([new Scatter() instanceof zmq.Socket, String(await pull.receive())]);
      });`;
    expect(await node(program)).toEqual([true, 'from the drop-in entry']);
  });

  it.each(['draft', 'v5-compat'])('%s is there by the name of its file in npm as well', async (entry) => {
    const names = ['.js', ''].map((ending) => `@nest-zmq/core/zeromq/${entry}${ending}`);
    expect(await node(`print(require('${names[0]}') === require('${names[1]}'))`)).toBe(true);
  });

  it.each([
    ['', '[]'],
    ['/draft', '["ZeroMQ draft features are experimental and could change at any time."]'],
  ])('warn as npm when %s is loaded', async (entry, warnings) => {
    const program = `const seen = [];
      process.on('warning', ({ message }) => seen.push(message));
      require('@nest-zmq/core/zeromq${entry}');
      setImmediate(() => print(seen));`;
    expect(JSON.stringify(await node(program))).toBe(warnings);
  });
});
