import { byName } from './server-list.mjs';

/** Requests, failures, and each server's share of the players that joined, phase by phase. */
export function phaseTable(phases) {
  const servers = [...new Set(phases.flatMap(({ joined }) => [...joined.keys()]))].toSorted(byName);
  const rows = phases.map(({ name, requests, failed, joined }) => {
    const total = [...joined.values()].reduce((sum, count) => sum + count, 0);
    const share = (server) => (joined.has(server) ? `${((joined.get(server) / total) * 100).toFixed(1)} %` : '–');
    return [name, requests.toLocaleString('en'), String(failed), ...servers.map(share)];
  });
  return drawn([['phase', 'requests', 'failed', ...servers], ...rows]);
}

/** Columns as wide as they must be, all but the first to the right. */
function drawn(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])));
  const [head, ...body] = rows.map((row) => `  ${line(row).join('  ')}`);
  return [head, `  ${widths.map((width) => '─'.repeat(width)).join('  ')}`, ...body].join('\n');
}
