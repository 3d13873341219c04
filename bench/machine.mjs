import { cpus, release, totalmem } from 'node:os';

/** Where a run was made, for the reader of its figures. */
export function describeMachine() {
  const processors = `${cpus().length} × ${cpus()[0].model.trim()}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const system = `${process.platform} ${release()}`;
  return {
    processors,
    memory,
    system,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
    summary: `${processors}, ${memory}, ${system}, Node ${process.version}`,
  };
}
