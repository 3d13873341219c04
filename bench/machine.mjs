import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { root } from '../scripts/setup.mjs';

/** Where a run was made, for the reader of its figures. */
export function describeMachine() {
  const processors = `${cpus().length} × ${cpus()[0].model.trim()}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `${process.platform} ${release()}`;
  const commit = describeCommit();
  const code = commit === undefined ? '' : `, commit ${commit}`;
  return {
    processors,
    memory,
    system,
    node: process.version,
    commit,
    date: new Date().toISOString().slice(0, 10),
    summary: `${processors}, ${memory}, ${system}, Node ${process.version}${code}`,
  };
}

/** What "this checkout" was; with `-dirty` where it had changes of its own. */
function describeCommit() {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
