import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { monitorEvents } from '@nest-zmq/core';
import { monitorNames } from '../../libs/zmq-core/src/socket/monitor-frames.js';

const text = readFileSync(fileURLToPath(new URL('../../docs/monitoring.md', import.meta.url)), 'utf8');

/** As the page writes them. */
function numbered(name: keyof typeof monitorEvents): string {
  return `${name} 0x${monitorEvents[name].toString(16).padStart(4, '0')}`;
}

describe('docs/monitoring.md', () => {
  it('has every event, with the name and number that libzmq has for it', () => {
    const rows = [...text.matchAll(/^\| `([\w:]+)` +\| ([A-Z_]+ 0x\w+) +\|/gm)].map(
      ([, event, name]) => `${event} ${name}`,
    );
    const events = Object.entries(monitorNames).map(([event, name]) => `${event} ${numbered(name)}`);
    expect(rows.sort()).toEqual(events.sort());
    expect(text).toContain(numbered('PIPES_STATS'));
  });
});
