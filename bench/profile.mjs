/*
 * Preloaded into the processes of `npm run bench … -- --profile`: samples all of a process's life,
 * and when it is told to end writes down where the last of it went, the part that was measured.
 */
import inspector from 'node:inspector';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SAMPLE_MICROSECONDS = 200;
const [folder, who] = [process.env.BENCH_PROFILES, process.argv.slice(2, 5).join(' ')];
const session = new inspector.Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
session.post('Profiler.start');

process.once('SIGTERM', () => {
  session.post('Profiler.stop', (error, { profile }) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${who.replaceAll(' ', '.')}-${process.pid}.cpuprofile`), JSON.stringify(profile));
    process.exit(0);
  });
});
