import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { keygen, keygenOptions } from './keygen.js';
import { printPublicKey } from './public-key.js';
import { type Terminal, UsageError } from './terminal.js';

const DONE = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

const HELP = `Keys for the security mechanism CURVE of ZeroMQ.

  nest-zmq keygen [--out <folder>] [--name <name>] [--force] [--json]
      Makes a key pair and writes it as certificates that CZMQ and pyzmq read as well:
      <name>.key with the public key, to give away, and <name>.key_secret with both,
      which only you can read. Never takes the place of a file.
        --out    the folder, made if need be; default: this one
        --name   default: curve
        --force  takes the place of files that are there
        --json   tells what was made as JSON. Alone, it writes no files, and tells the
                 pair: { "publicKey": …, "secretKey": … }

  nest-zmq public <file | ->
      Prints the public key of a secret one, which is in a certificate or alone in the
      file or, with -, comes from standard input.

  nest-zmq --help
  nest-zmq --version

Exit codes: 0 done, 1 failed, 2 called wrongly.
`;

/** Runs a command line, without the program's own name. Gives the exit code. */
export function run(args: readonly string[], terminal: Terminal): number {
  try {
    dispatch(args, terminal);
    return DONE;
  } catch (error) {
    const { message } = error as Error;
    const isUsage = error instanceof UsageError || isParseError(error);
    terminal.error(`nest-zmq: ${message}\n${isUsage ? 'Try: nest-zmq --help\n' : ''}`);
    return isUsage ? WRONG_USAGE : FAILED;
  }
}

function dispatch(args: readonly string[], terminal: Terminal): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...keygenOptions, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
  });
  const { help = false, version = false, ...options } = values;
  const [command, ...operands] = positionals;
  if (help) terminal.out(HELP);
  else if (version) terminal.out(`${ownVersion()}\n`);
  else if (command === 'keygen') keygen(operands, options, terminal);
  else if (command === 'public') printPublicKey(operands, options, terminal);
  else throw new UsageError(command === undefined ? 'no command was given' : `there is no command "${command}"`);
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function isParseError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_');
}
