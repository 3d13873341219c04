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
  ['@nest-zmq/core', 'Router', 'index'],
  ['@nest-zmq/transport', 'ZmqServer', 'index'],
  ['@nest-zmq/transport/msgpack', 'msgpackCodec', 'msgpack'],
  ['@nest-zmq/transport/protobuf', 'protobufCodec', 'protobuf'],
  ['@nest-zmq/transport/terminus', 'ZmqHealthIndicator', 'terminus'],
  ['@nest-zmq/transport/prometheus', 'prometheusMetrics', 'prometheus'],
  ['@nest-zmq/transport/opentelemetry', 'openTelemetryTracing', 'opentelemetry'],
])('%s, built', (name, exported, file) => {
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
    expect(resolvedModule?.resolvedFileName).toMatch(new RegExp(`dist/${file}\\.d\\.ts$`));
  });
});

describe.each([
  ['@nest-zmq/transport/msgpack', 'msgpackr', 'msgpackCodec()'],
  ['@nest-zmq/transport/protobuf', 'protobufjs', "protobufCodec({ root: 'x', types: {} })"],
  [
    '@nest-zmq/transport/prometheus',
    'prom-client',
    'prometheusMetrics({ registry: { registerMetric() {}, getSingleMetric() {} } })',
  ],
  ['@nest-zmq/transport/opentelemetry', '@opentelemetry/api', 'openTelemetryTracing()'],
])('%s without %s', (entry, peer, use) => {
  it('loads, and says what to install when it is used', async () => {
    const program = `
      const Module = require('node:module');
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (name, ...rest) => {
        if (name === '${peer}') throw Object.assign(new Error("Cannot find module '${peer}'"), { code: 'MODULE_NOT_FOUND' });
        return resolve(name, ...rest);
      };
      const it = require('${entry}');
      try { it.${use}; } catch (error) { console.log(error.name, error.message); }`;
    const name = use.slice(0, use.indexOf('('));
    expect(await node('-e', program)).toBe(
      `ZmqMissingPackageError ${name}() needs the package '${peer}', which is not installed: npm install ${peer}`,
    );
  });
});
