import { readdirSync, readFileSync } from 'node:fs';

/** Memory of a process that is in RAM now. The buffers of its sockets are the kernel's and not among it. */
export function residentBytes(pid) {
  return kilobytes(pid, 'VmRSS') * 1024;
}

/** The most it ever had in RAM. */
export function peakBytes(pid) {
  return kilobytes(pid, 'VmHWM') * 1024;
}

/** Seconds of processor time, user and system, of all threads. (`stat` has it too, in steps of 10 ms.) */
export function cpuSeconds(pid) {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

/** Throws when a child process cannot have so many files and sockets open. */
export function requireOpenFiles(count) {
  // Node raises its own limit as far as it may, and children inherit it.
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  if (Number(limit) < count) {
    throw new Error(`${count} open files a process are needed, ${limit} are allowed: ulimit -n ${count}`);
  }
}

function kilobytes(pid, field) {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
