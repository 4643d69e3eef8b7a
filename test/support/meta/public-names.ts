/** The names that each door of `src/` offers, read with the compiler. Compares nothing. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { FURTHER_DOORS } from './floors.ts';
import { ROOT } from './sources.ts';

/** Door (`stun`) → `kind name`, sorted by name. */
export type PublicNames = Readonly<Record<string, readonly string[]>>;

export const SNAPSHOT = path.join(ROOT, 'test/meta/public-names.json');

/** Folders inside folders that have a door of their own. */
const FURTHER = Object.values(FURTHER_DOORS).flatMap(
  (door) => /^src\/(.+)\/index\.ts$/.exec(door)?.[1] ?? [],
);

/** The text of the snapshot file for `names`. */
export function writeSnapshot(names: PublicNames): string {
  return `${JSON.stringify(names, undefined, 2)}\n`;
}

export function publicNames(): PublicNames {
  const doors = [...readdirSync(path.join(ROOT, 'src')), ...FURTHER]
    .sort()
    .filter((folder) => existsSync(doorOf(folder)));
  const program = ts.createProgram(doors.map(doorOf), {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
  });
  return Object.fromEntries(doors.map((folder) => [folder, namesOf(program, doorOf(folder))]));
}

function doorOf(folder: string): string {
  return path.join(ROOT, 'src', folder, 'index.ts');
}

function namesOf(program: ts.Program, door: string): readonly string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(door);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) return [];
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, kind: kindOf(resolve(checker, symbol)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind }) => `${kind} ${name}`);
}

function resolve(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function kindOf({ flags }: ts.Symbol): string {
  const isType = (flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) !== 0;
  if (flags & ts.SymbolFlags.Class) return 'class';
  if (flags & ts.SymbolFlags.Function) return 'function';
  if (flags & ts.SymbolFlags.Variable) return isType ? 'const and type' : 'const';
  return isType ? 'type' : 'unknown';
}
