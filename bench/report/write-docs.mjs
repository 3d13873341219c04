/*
 * node bench/report/write-docs.mjs [results.json [folder]]
 *
 * Writes performance.md and performance/ in docs/, or in that folder, from saved results, without measuring.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { drawChart } from './chart.mjs';
import { renderPage } from './page.mjs';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const notesFile = fileURLToPath(new URL('notes.md', import.meta.url));
const savedResults = join(docs, 'performance', 'results.json');

/** @param folder where the page goes, its charts into `performance/` below it */
export async function writeDocs(run, folder = docs) {
  const notes = existsSync(notesFile) ? readFileSync(notesFile, 'utf8') : undefined;
  const charts = join(folder, 'performance');
  mkdirSync(charts, { recursive: true });
  // A chart whose scenario is gone must not stay.
  for (const file of readdirSync(charts)) if (file.endsWith('.svg')) rmSync(join(charts, file));
  for (const result of run.results) writeFileSync(join(charts, `${result.name}.svg`), drawChart(result));
  writeFileSync(join(charts, 'results.json'), await pretty(JSON.stringify(run), 'json'));
  writeFileSync(join(folder, 'performance.md'), await pretty(renderPage(run, notes), 'markdown'));
}

async function pretty(text, parser) {
  return format(text, { ...(await resolveConfig(savedResults)), parser });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file = savedResults, folder = docs] = process.argv.slice(2);
  await writeDocs(JSON.parse(readFileSync(file, 'utf8')), folder);
  console.log(`Written: performance.md and performance/ in ${folder}`);
}
