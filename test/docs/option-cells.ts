/** A row of an options table, as `docs/options.md` must show it. */
export interface Row {
  readonly id: number;
  readonly zmq?: string;
  readonly kind: string;
  readonly initial: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly nullable?: boolean;
  readonly unit?: string;
  readonly on?: readonly string[];
  readonly live?: boolean;
  readonly access?: string;
  readonly effect?: { readonly kind: string; readonly reason: string };
}

/** What the kinds of values are to the user. */
const types: Record<string, string> = {
  int: 'number',
  mask: 'number',
  bool: 'boolean',
  text: 'string',
  name: 'string or Buffer',
  bytes: 'Buffer, string or null',
  key: 'Buffer or string',
  filters: 'string or null',
  id: 'number or null',
  fraction: 'number',
  verbosity: '"allSubs", "allSubsUnsubs" or null',
  metadata: 'object of strings',
};
const sized = ['text', 'name', 'filters'];

export function libzmqCell({ id, zmq, access }: Pick<Row, 'id' | 'zmq' | 'access'>): string {
  return zmq === undefined ? '–' : `${zmq} ${id}${access === 'write-only' ? ', write-only' : ''}`;
}

export function typeCell({ kind, nullable }: Row): string {
  const type = types[kind] ?? `no text for ${kind}`;
  return nullable && kind === 'text' ? `${type} or null` : type;
}

export function defaultCell({ kind, initial }: Row): string {
  return kind === 'filters' ? 'null' : JSON.stringify(initial);
}

export function rangeCell({ kind, min, max }: Row): string {
  if (min === undefined) return '–';
  if (min === Number.MIN_SAFE_INTEGER) return 'any';
  const endless = max === undefined || max === Number.MAX_SAFE_INTEGER;
  return `${endless ? `from ${min}` : `${min} to ${max}`}${sized.includes(kind) ? ' bytes' : ''}`;
}

/** @param groups names of lists that are longer than their name */
export function socketsCell(on: readonly string[], groups: Readonly<Record<string, readonly string[]>>): string {
  const group = Object.entries(groups).find(([, types]) => types.join() === on.join());
  return group?.[0] ?? on.join(', ');
}

/** How the remark ends, if the option is not honoured. */
export function effectSentence({ effect }: Row): string {
  if (effect === undefined) return '';
  return `**${effect.kind === 'none' ? 'No effect' : 'Refused (ENOTSUP)'}**: ${effect.reason}.`;
}

export interface Table {
  readonly heading: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a page, each with the heading above it. */
export function tablesOf(page: string): Table[] {
  const tables: { heading: string; header: string[]; rows: string[][] }[] = [];
  let heading = '';
  let open = false;
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    if (!line.startsWith('|')) {
      open = false;
      continue;
    }
    const cells = line
      .slice(1, line.lastIndexOf('|'))
      .split('|')
      .map((cell) => cell.trim());
    if (!open) tables.push({ heading, header: cells, rows: [] });
    else if (!/^:?-+$/.test(cells[0]!)) tables[tables.length - 1]!.rows.push(cells);
    open = true;
  }
  return tables;
}

/** The comment of an option's row in the source, which editors show: the first sentence of its remark, and what is briefly to say. */
export function commentOf(row: Row, remark: string): string {
  const summary = /^.*?\.(?= [A-Z`*]|$)/.exec(remark)?.[0] ?? remark;
  const value = `${row.unit === undefined ? 'Default' : `In ${row.unit}, default`} ${defaultCell(row)}.`;
  const effect = { none: ' Without effect here.', refused: ' Refused here.' }[row.effect?.kind ?? ''] ?? '';
  return `${summary} ${value}${effect}`;
}
