/** docs/errors.md lists every code that a StackError can carry, and no other: people search for these codes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { parse } from '../support/meta/imports.ts';
import { repositoryFiles, type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

/** The form of a code; docs/errors.md shows each as the first cell of a row. */
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;
const DOCUMENTED = /^\|\s*`([A-Z0-9_]+)`\s*\|/gm;

/** Codes given to `new StackError(code, …)` and to the constructors of its subclasses, the tables `…_ERRORS`, the types `…ErrorCode`. */
function usedCodes(files: readonly SourceFile[]): ReadonlySet<string> {
  const codes = new Set<string>();
  const addLiterals = (node: ts.Node | undefined): void => {
    if (node === undefined) return;
    if (ts.isStringLiteralLike(node) && CODE.test(node.text)) codes.add(node.text);
    if (ts.isConditionalExpression(node)) {
      addLiterals(node.whenTrue);
      addLiterals(node.whenFalse);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText()))
      addLiterals(node.arguments?.[0]);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword) {
      addLiterals(node.arguments[0]);
    }
    if (ts.isVariableDeclaration(node) && /^[A-Z]+_ERRORS$/.test(node.name.getText())) {
      const table =
        node.initializer && ts.isAsExpression(node.initializer) ? node.initializer.expression : undefined;
      for (const entry of table && ts.isObjectLiteralExpression(table) ? table.properties : []) {
        if (entry.name && ts.isIdentifier(entry.name)) codes.add(entry.name.text);
      }
    }
    if (ts.isTypeAliasDeclaration(node) && /ErrorCode$/.test(node.name.text)) {
      for (const member of ts.isUnionTypeNode(node.type) ? node.type.types : []) {
        if (ts.isLiteralTypeNode(member)) addLiterals(member.literal);
      }
    }
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(parse(file));
  return codes;
}

function documentedCodes(text: string): readonly string[] {
  return [...text.matchAll(DOCUMENTED)].map((match) => match[1] ?? '');
}

test('docs/errors.md and the code know the same codes', () => {
  const page = repositoryFiles().find((file) => file.path === 'docs/errors.md');
  assert.ok(page, 'docs/errors.md is missing');
  const documented = documentedCodes(page.text);
  const used = usedCodes(typescriptFiles('src'));
  assert.deepEqual(
    { undocumented: [...used].filter((code) => !documented.includes(code)).sort() },
    { undocumented: [] },
  );
  assert.deepEqual({ unused: documented.filter((code) => !used.has(code)) }, { unused: [] });
  assert.equal(new Set(documented).size, documented.length, 'a code is listed twice');
});

test('finds codes wherever they are given', () => {
  const text = `
    throw new StackError('A_B', 'sentence');
    throw new StackError(x ? 'C_D' : 'E_F', 'sentence');
    class Mine extends StackError { constructor() { super('G_H', 'sentence'); } }
    throw new TypeError('No code here');
    type BindErrorCode = 'K_L' | 'M_N';
    export const SIGNALING_ERRORS = { I_J: 'sentence' } as const;`;
  const found = usedCodes([{ path: 'src/base/a.ts', text }]);
  assert.deepEqual([...found].sort(), ['A_B', 'C_D', 'E_F', 'G_H', 'I_J', 'K_L', 'M_N']);
  assert.deepEqual(documentedCodes('| code | meaning |\n|---|---|\n| `A_B` | x |\ntext `C_D`'), ['A_B']);
});
