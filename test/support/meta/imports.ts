/** What a file imports, as data: the specifier, the line, and the file it leads to. Judges nothing. */
import path from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './sources.ts';

export interface Import {
  readonly from: SourceFile;
  readonly line: number;
  readonly specifier: string;
  /** The imported file relative to the root; `undefined` for a package. */
  readonly target: string | undefined;
}

export function parse(file: SourceFile): ts.SourceFile {
  const kind = file.path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true, kind);
}

/** Static, re-exporting, type-only, dynamic imports and `import()` types, in order. */
export function importsOf(file: SourceFile): readonly Import[] {
  const source = parse(file);
  const found: Import[] = [];
  const add = (node: ts.Node | undefined): void => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    const target = node.text.startsWith('.')
      ? path.posix.normalize(path.posix.join(path.posix.dirname(file.path), node.text))
      : undefined;
    found.push({ from: file, line, specifier: node.text, target });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
