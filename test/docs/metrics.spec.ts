import { readFileSync } from 'node:fs';
import { METRIC_ROWS, metricName, WORK_ROWS, workName } from '../../libs/nest-transport/src/metrics/metric.table.js';
import type { ZmqMetricsKind, ZmqWork } from '../../libs/nest-transport/src/metrics/zmq.metrics.js';
import { tablesOf } from './option-cells.js';

const page = readFileSync(new URL('../../docs/health-and-metrics.md', import.meta.url), 'utf8');
const kinds: readonly ZmqMetricsKind[] = ['server', 'client', 'pool', 'workers', 'forwarder'];

/** The part of the page under a heading. */
function under(heading: string): string {
  const [, rest = ''] = page.split(`${heading}\n`);
  return rest.split(/\n#+ /)[0]!;
}

describe('docs/health-and-metrics.md shows', () => {
  it.each(kinds)('every counter of a %s, and no other', (kind) => {
    const rows = tablesOf(under(`### \`${kind}.stats()\``)).flatMap((table) => table.rows);
    expect(rows).toEqual(
      METRIC_ROWS.filter((row) => row.kind === kind).map((row) => [
        `\`${row.path}\``,
        `\`${metricName(row)}\``,
        row.help,
      ]),
    );
  });

  it('every histogram', () => {
    const rows = tablesOf(under('## Prometheus')).flatMap((table) => table.rows);
    expect(rows.map(([name]) => name)).toEqual(
      Object.keys(WORK_ROWS).map((work) => `\`${workName(work as ZmqWork)}\``),
    );
  });
});
