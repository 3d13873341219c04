/*
 * 4/ZPL, the property language of certificate files: one property a line, its children
 * four spaces further in.
 */

/** A property: a section has children, the others have a value. */
export interface Property {
  readonly name: string;
  readonly value: string;
  readonly children: readonly Property[];
}

/** What is wrong with a text, and in which line. */
export class ZplError extends Error {
  constructor(line: number, why: string) {
    super(`line ${line}: ${why}`);
    this.name = 'ZplError';
  }
}

/** One property: how far it is in, its name, and what follows. */
const LINE = /^( *)([A-Za-z0-9$\-_@.&+/]+)(.*)$/s;
const NAME = /^[A-Za-z0-9$\-_@.&+][A-Za-z0-9$\-_@.&+/]*(?<!\/)$/;
/** `= "value"`, `= 'value'`, `= value`, each perhaps with a comment. A value that opens a quote and does not close it is taken as it is. */
const QUOTED = /^\s*=\s*(["'])(.*?)\1\s*(?:#.*)?$/s;
const BARE = /^\s*=\s*(.*?)\s*(?:#.*)?$/s;
const INDENT = 4;

/** Longer lines are cut by other readers. */
export const LONGEST_LINE = 1024;

/** The properties at the top. Throws `ZplError`. */
export function parseZpl(text: string): readonly Property[] {
  const top: Mutable[] = [];
  /** The last property of each level. */
  const path: Mutable[] = [];
  for (const [i, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    if (line.length > LONGEST_LINE) throw new ZplError(i + 1, `has more than ${LONGEST_LINE} characters`);
    const property = parseLine(line, i + 1);
    const level = property.indent / INDENT;
    if (!Number.isInteger(level)) throw new ZplError(i + 1, `is indented by ${property.indent}, not by fours`);
    if (level > path.length) throw new ZplError(i + 1, 'is indented further than a child of the line before');
    (level === 0 ? top : path[level - 1]!.children).push(property);
    path.splice(level, path.length, property);
  }
  return top;
}

interface Mutable extends Property {
  readonly indent: number;
  readonly children: Mutable[];
}

function parseLine(line: string, number: number): Mutable {
  const [, spaces, name, rest] = LINE.exec(line) ?? [];
  if (spaces === undefined || name === undefined || rest === undefined) {
    throw new ZplError(number, 'does not begin with the name of a property');
  }
  const indent = spaces.length;
  if (/^\s*(#.*)?$/s.test(rest)) return { name, value: '', indent, children: [] };
  const value = QUOTED.exec(rest)?.[2] ?? BARE.exec(rest)?.[1];
  if (value === undefined) throw new ZplError(number, `has something behind its name that is not "= value"`);
  return { name, value, indent, children: [] };
}

/** The first child with the name, as other readers find it. */
export function findProperty(properties: readonly Property[], name: string): Property | undefined {
  return properties.find((property) => property.name === name);
}

/** A line for a value, or `undefined` when the language has no way to say it. */
export function formatProperty(level: number, name: string, value: string): string | undefined {
  if (!NAME.test(name) || /\p{Cc}/u.test(value)) return undefined;
  const quote = value.includes('"') ? "'" : '"';
  if (value.includes(quote)) return undefined;
  const line = `${' '.repeat(level * INDENT)}${name} = ${quote}${value}${quote}`;
  return Buffer.byteLength(line) > LONGEST_LINE ? undefined : line;
}
