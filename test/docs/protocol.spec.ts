import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const src = `${root}libs/zmq-core/src/`;
const text = readFileSync(`${root}libs/zmq-core/PROTOCOL.md`, 'utf8');

const named = [...text.matchAll(/`([^`\s]+\.ts)`/g)].map(([, file]) => file!);

describe('the rule map', () => {
  it('names files that exist', () => {
    const missing = named.filter((file) => !existsSync((file.startsWith('test/') ? root : src) + file));
    expect(missing).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  it.each(['wire', 'mechanism', 'connection'])('names every file of %s/', (folder) => {
    const files = readdirSync(src + folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
    expect(files.map((file) => `${folder}/${file}`).filter((file) => !named.includes(file))).toEqual([]);
  });

  it('has a spec, or a reason, in every row of a rule', () => {
    const rows = text.split('\n').filter((line) => /^\| .+\|.+\|.+\|$/.test(line) && line.split('|').length === 5);
    const rules = rows.filter((row) => !/^\| (rule +|-+) \|/.test(row));
    const bare = rules.filter((row) => !/\.spec\.ts`/.test(row) && !/\| (later|declined): /.test(row));
    expect(bare).toEqual([]);
    expect(rules.length).toBeGreaterThan(40);
  });
});
