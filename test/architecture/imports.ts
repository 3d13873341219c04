import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** One import of one file: static, dynamic, `require`, re-export or `import()` in a type. */
export interface ImportOf {
  /** The importing file, relative to the `src` folder of its package, with `/`. */
  readonly file: string;
  /** What stands between the quotes. */
  readonly specifier: string;
  /** Nothing of it is left at run time that anybody uses: `import type`, or each name marked `type`. */
  readonly typeOnly: boolean;
  /** Relative imports: the imported file, relative to `src`. Starts with `../` when it leaves the package. */
  readonly target: string | undefined;
}

/** Path relative to `src` → text. */
export type Sources = ReadonlyMap<string, string>;

/** Specs and their helpers may import what they like. */
export function isTestCode(file: string): boolean {
  return /\.(spec|e2e-spec)\.ts$/.test(file) || file.startsWith('testing/');
}

/** Every `.ts` file below a `src` folder. */
export function readSources(src: string): Sources {
  const sources = new Map<string, string>();
  for (const entry of readdirSync(src, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    sources.set(relative(src, path).split(sep).join('/'), readFileSync(path, 'utf8'));
  }
  return sources;
}

export function importsOf(file: string, text: string): ImportOf[] {
  const found: ImportOf[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    found.push({ file, specifier: specifier.text, typeOnly, target: resolveRelative(file, specifier.text) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnlyExport(node));
    else if (ts.isExternalModuleReference(node)) add(node.expression, false);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    else if (ts.isCallExpression(node) && loadsModule(node.expression)) add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false));
  return found;
}

/** The cycles that exist at run time, each as the files on it, in order, the first repeated at the end. */
export function findCycles(sources: Sources): string[][] {
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file]);
    if (start >= 0 || finished.has(file)) return;
    path.push(file);
    for (const { typeOnly, target } of importsOf(file, sources.get(file) ?? '')) {
      if (!typeOnly && target !== undefined && sources.has(target)) visit(target);
    }
    path.pop();
    finished.add(file);
  };
  for (const file of sources.keys()) visit(file);
  return cycles;
}

/** `./x.js` is how Node will see `./x.ts`. */
function resolveRelative(file: string, specifier: string): string | undefined {
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  if (clause.name || !clause.namedBindings || !ts.isNamedImports(clause.namedBindings)) return false;
  return (
    clause.namedBindings.elements.length > 0 && clause.namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (!exportClause || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.length > 0 && exportClause.elements.every((element) => element.isTypeOnly);
}

function loadsModule(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}
