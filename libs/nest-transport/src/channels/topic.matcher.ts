/** A topic pattern with a wildcard, split into its tokens. */
interface Wildcard<T> {
  readonly tokens: readonly string[];
  values: T[];
}

/** Longer names match no wildcard: to take them apart would cost the sender nothing and us much. */
const MAX_MATCHED_LENGTH = 4_096;

/**
 * Which handlers a name has. Names are compared whole; tokens are separated by
 * dots, `*` stands for one token, and a `>` at the end for one or more.
 */
export class TopicMatcher<T> {
  readonly #exact = new Map<string, T[]>();
  readonly #wildcards = new Map<string, Wildcard<T>>();

  get size(): number {
    return this.#exact.size + this.#wildcards.size;
  }

  add(pattern: string, value: T): void {
    if (!isWildcard(pattern)) {
      addTo(this.#exact, pattern, value);
      return;
    }
    const known = this.#wildcards.get(pattern);
    if (known === undefined) this.#wildcards.set(pattern, { tokens: pattern.split('.'), values: [value] });
    else known.values.push(value);
  }

  /** In the place of what was added under this pattern. */
  set(pattern: string, value: T): void {
    const known = this.#wildcards.get(pattern);
    if (known !== undefined) known.values = [value];
    else if (isWildcard(pattern)) this.add(pattern, value);
    else this.#exact.set(pattern, [value]);
  }

  /** Puts another value in the place of each. */
  replaceAll(replacement: (value: T) => T): void {
    for (const [pattern, values] of this.#exact) this.#exact.set(pattern, values.map(replacement));
    for (const wildcard of this.#wildcards.values()) wildcard.values = wildcard.values.map(replacement);
  }

  /** Everything that matches: exact patterns first, then wildcards in the order in which they came. */
  match(name: string): readonly T[] {
    const exact = this.#exact.get(name) ?? [];
    if (this.#wildcards.size === 0 || name.length > MAX_MATCHED_LENGTH) return exact;
    const tokens = name.split('.');
    const found = [...exact];
    for (const wildcard of this.#wildcards.values()) {
      if (matches(wildcard.tokens, tokens)) found.push(...wildcard.values);
    }
    return found;
  }

  /** The prefixes to subscribe to. */
  prefixes(): string[] {
    return [...new Set([...this.#exact.keys(), ...[...this.#wildcards.keys()].map(fixedPrefix)])];
  }
}

/** The normal form of an object pattern is a name like any other, whatever stands in it. */
export function isWildcard(pattern: string): boolean {
  if (pattern.startsWith('{') || (!pattern.includes('*') && !pattern.includes('>'))) return false;
  const tokens = pattern.split('.');
  return tokens.includes('*') || tokens.at(-1) === '>';
}

/** What every match of the pattern starts with: the whole pattern when it has no wildcard. */
export function fixedPrefix(pattern: string): string {
  if (!isWildcard(pattern)) return pattern;
  const tokens = pattern.split('.');
  const first = tokens.findIndex((token, index) => token === '*' || (token === '>' && index === tokens.length - 1));
  return tokens
    .slice(0, first)
    .map((token) => `${token}.`)
    .join('');
}

function matches(pattern: readonly string[], name: readonly string[]): boolean {
  const open = pattern.at(-1) === '>';
  const fixed = open ? pattern.length - 1 : pattern.length;
  if (open ? name.length <= fixed : name.length !== fixed) return false;
  for (let i = 0; i < fixed; i++) {
    if (pattern[i] !== '*' && pattern[i] !== name[i]) return false;
  }
  return true;
}

function addTo<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
