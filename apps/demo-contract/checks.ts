import type { ParameterDecoratorOptions } from '@nestjs/common';

/**
 * A few checks as Standard Schemas, which Nest's `StandardSchemaValidationPipe` runs for
 * `@Body({ schema })` and `@Payload({ schema })`. A real project takes them from zod, valibot or arktype.
 */
export type Schema<T> = NonNullable<ParameterDecoratorOptions['schema']> & { readonly [output]?: T };
declare const output: unique symbol;

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

/** Adds what is wrong with the value to `issues`; gives the value as it should be used. */
type Check = (value: unknown, path: readonly PropertyKey[], issues: Issue[]) => unknown;

const checks = new WeakMap<object, Check>();

function schema<T>(check: Check): Schema<T> {
  const made: Schema<T> = {
    '~standard': {
      version: 1,
      vendor: 'demo',
      validate: (value) => {
        const issues: Issue[] = [];
        const checked = check(value, [], issues);
        return issues.length > 0 ? { issues } : { value: checked };
      },
    },
  };
  checks.set(made, check);
  return made;
}

function checkOf(part: object): Check {
  return checks.get(part)!;
}

/** 1 to `longest` characters, spaces around them removed. */
export function text(longest: number): Schema<string> {
  return schema((value, path, issues) => {
    const trimmed = typeof value === 'string' ? value.trim() : '';
    if (trimmed !== '' && trimmed.length <= longest) return trimmed;
    issues.push({ message: `must be a text of 1 to ${longest} characters`, path });
    return undefined;
  });
}

export function whole(least: number, most: number): Schema<number> {
  return schema((value, path, issues) => {
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return value;
    issues.push({ message: `must be a whole number from ${least} to ${most}`, path });
    return undefined;
  });
}

export function optional<T>(part: Schema<T>): Schema<T | undefined> {
  return schema((value, path, issues) => (value === undefined ? undefined : checkOf(part)(value, path, issues)));
}

export function list<T>(part: Schema<T>, longest: number): Schema<readonly T[]> {
  return schema((value, path, issues) => {
    if (Array.isArray(value) && value.length <= longest) {
      return value.map((item, index) => checkOf(part)(item, [...path, index], issues));
    }
    issues.push({ message: `must be a list of at most ${longest}`, path });
    return undefined;
  });
}

/** Exactly these members: others are dropped. */
export function object<T extends object>(parts: { readonly [K in keyof T]-?: Schema<T[K]> }): Schema<T> {
  return schema((value, path, issues) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      issues.push({ message: 'must be an object', path });
      return undefined;
    }
    const found: Record<string, unknown> = {};
    for (const [key, part] of Object.entries<object>(parts)) {
      const member = checkOf(part)((value as Record<string, unknown>)[key], [...path, key], issues);
      if (member !== undefined) found[key] = member;
    }
    return found;
  });
}
