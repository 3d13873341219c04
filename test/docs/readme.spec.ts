import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const READMES = [
  'README.md',
  'SECURITY.md',
  'libs/zmq-core/README.md',
  'libs/nest-transport/README.md',
  ...readdirSync(`${root}docs`)
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  'examples/README.md',
];

interface Block {
  readonly file: string | undefined;
  readonly code: string;
}

/** TypeScript blocks, each with the file that the comment above it names. */
function codeBlocks(text: string): Block[] {
  const pattern = /(?:<!-- (\S+) -->\s+)?```ts\n([\s\S]*?)```/g;
  return [...text.matchAll(pattern)].map(([, file, code]) => ({ file, code: code! }));
}

/** What does not exist, of the links that stay inside the repository. */
function deadLinks(readme: string, text: string): string[] {
  const base = new URL(`../../${readme}`, import.meta.url);
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
  return links.filter((link) => {
    try {
      readFileSync(new URL(link, base));
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'EISDIR';
    }
  });
}

/** What GitHub makes of the headings of a page. */
function anchorsOf(text: string): string[] {
  const prose = text.replace(/```[\s\S]*?```/g, '');
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Links to headings that the page behind them does not have. */
function deadAnchors(readme: string, text: string): string[] {
  const base = new URL(`../../${readme}`, import.meta.url);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
  return links
    .filter(([, page]) => page === '' || page!.endsWith('.md'))
    .filter(([, page, anchor]) => {
      const target = page === '' ? text : readFileSync(new URL(page!, base), 'utf8');
      return !anchorsOf(target).includes(anchor!);
    })
    .map(([, page, anchor]) => `${page}#${anchor}`);
}

describe.each(READMES)('%s', (readme) => {
  const text = readFileSync(`${root}${readme}`, 'utf8');

  it('shows code that is in a file, word for word, so that it is checked and runs', () => {
    for (const { file, code } of codeBlocks(text)) {
      expect(file).toBeDefined();
      expect(code).toBe(readFileSync(`${root}${file}`, 'utf8'));
    }
  });

  it('links only to what exists', () => {
    expect(deadLinks(readme, text)).toEqual([]);
    expect(deadAnchors(readme, text)).toEqual([]);
  });
});

it('the first screen has both commands, and a service and a client in 30 lines', () => {
  const text = readFileSync(`${root}README.md`, 'utf8');
  const firstScreen = text.split('\n').slice(0, 80).join('\n');
  expect(firstScreen).toContain('npm start');
  expect(firstScreen).toContain('npm test');
  const [service, client] = codeBlocks(firstScreen);
  expect([service?.file, client?.file]).toEqual(['examples/service.ts', 'examples/client.ts']);
  expect((service!.code + client!.code).split('\n').length).toBeLessThanOrEqual(31);
});

it('the index of the examples lists each file, and the tour has no gap', () => {
  const files = readdirSync(`${root}examples`).filter((file) => /\.(ts|py)$/.test(file));
  const index = readFileSync(`${root}examples/README.md`, 'utf8');
  const listed = [...index.matchAll(/\]\(([\w-]+\.(?:ts|py))\)/g)].map(([, file]) => file!);
  expect(listed.toSorted()).toEqual(files.toSorted());
  const numbers = listed.map((file) => Number.parseInt(file, 10)).filter((number) => !Number.isNaN(number));
  // in order, some with two programs
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
  expect([...new Set(numbers)]).toEqual(Array.from({ length: numbers.at(-1)! }, (_, place) => place + 1));
});
