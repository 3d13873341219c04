/** Module hooks: runs the TypeScript sources in a child process as they are, without a build. See `ts-loader.mjs`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = new URL('../../../', import.meta.url);
const packages = {
  '@nest-zmq/core': 'libs/zmq-core/src/index.ts',
  '@nest-zmq/core/zeromq': 'libs/zmq-core/src/zeromq/index.ts',
  '@nest-zmq/core/zeromq/draft': 'libs/zmq-core/src/zeromq/draft.ts',
  '@nest-zmq/core/zeromq/draft.js': 'libs/zmq-core/src/zeromq/draft.ts',
  '@nest-zmq/core/zeromq/v5-compat.js': 'libs/zmq-core/src/zeromq/v5-compat.ts',
  '@nest-zmq/core/zeromq/v5-compat': 'libs/zmq-core/src/zeromq/v5-compat.ts',
  '@nest-zmq/transport': 'libs/nest-transport/src/index.ts',
  '@nest-zmq/transport/testing': 'libs/nest-transport/src/zmq.testing.ts',
  '@nest-zmq/transport/msgpack': 'libs/nest-transport/src/msgpack.ts',
  '@nest-zmq/transport/protobuf': 'libs/nest-transport/src/protobuf.ts',
  '@nest-zmq/transport/terminus': 'libs/nest-transport/src/terminus.ts',
  '@nest-zmq/transport/prometheus': 'libs/nest-transport/src/prometheus.ts',
  '@nest-zmq/transport/opentelemetry': 'libs/nest-transport/src/opentelemetry.ts',
};
const swc = JSON.parse(readFileSync(new URL('.swcrc', root), 'utf8'));

export async function resolve(specifier, context, next) {
  const file = packages[specifier];
  if (file !== undefined) return { url: new URL(file, root).href, shortCircuit: true };
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(fileURLToPath(url))) return { url: url.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  // One at a time: a test lets a process have few descriptors, and Node asks for many modules at once.
  const source = readFileSync(fileURLToPath(url), 'utf8');
  const { code } = await transform(source, { ...swc, filename: fileURLToPath(url), sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
