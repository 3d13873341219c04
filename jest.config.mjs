/** Node must run with `--experimental-vm-modules`: start jest by `npm run test:unit -- <args>`. */
export default {
  testEnvironment: '<rootDir>/test/support/nothing-left.environment.mjs',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testRegex: '\\.(spec|e2e-spec)\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  resolver: '<rootDir>/jest.resolver.cjs',
  setupFiles: ['reflect-metadata'],
  coverageProvider: 'v8',
  maxWorkers: 2,
  // Modules of finished files stay in memory; tests that collect garbage take ten times as long beside them.
  workerIdleMemoryLimit: '400MB',
  testTimeout: 15_000,
  moduleNameMapper: {
    '^@nest-zmq/core$': '<rootDir>/libs/zmq-core/src/index.ts',
    '^@nest-zmq/core/zeromq$': '<rootDir>/libs/zmq-core/src/zeromq/index.ts',
    '^@nest-zmq/core/zeromq/(draft|v5-compat)(\\.js)?$': '<rootDir>/libs/zmq-core/src/zeromq/$1.ts',
    '^@nest-zmq/transport$': '<rootDir>/libs/nest-transport/src/index.ts',
    '^@nest-zmq/transport/testing$': '<rootDir>/libs/nest-transport/src/zmq.testing.ts',
    '^@nest-zmq/transport/(msgpack|protobuf|terminus|prometheus|opentelemetry)$':
      '<rootDir>/libs/nest-transport/src/$1.ts',
  },
};
