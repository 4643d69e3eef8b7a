/**
 * The core is a calculator: floors 0–4 have no clock, randomness, timer, socket or `await` of their own.
 * The compiler refuses most globals there already; this names the rest, and the offending line.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { isPure } from '../support/meta/floors.ts';
import { parse } from '../support/meta/imports.ts';
import { place, type SourceFile, typescriptFiles } from '../support/meta/sources.ts';

const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'Buffer',
  'Date',
  'Intl',
  'Promise',
  'TextDecoder',
  'TextEncoder',
  'WebSocket',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'document',
  'eval',
  'fetch',
  'global',
  'globalThis',
  'navigator',
  'performance',
  'process',
  'queueMicrotask',
  'require',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
  'window',
]);

function violations(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const source = parse(file);
    const declared = declaredNames(source);
    const lines: string[] = [];
    const report = (node: ts.Node, why: string): void => {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      lines.push(`${place(file, line)} ← ${why}`);
    };
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && FORBIDDEN_NAMES.has(node.text)) {
        if (isReference(node) && !declared.has(node.text)) report(node, `the global ${node.text}`);
      } else if (ts.isAwaitExpression(node)) report(node, 'await');
      else if (node.kind === ts.SyntaxKind.AsyncKeyword) report(node, 'async');
      else if (ts.isPropertyAccessExpression(node) && node.getText(source) === 'Math.random') {
        report(node, 'Math.random');
      } else if (ts.isForOfStatement(node) && node.awaitModifier) report(node, 'for await');
      ts.forEachChild(node, visit);
    };
    visit(source);
    return lines;
  });
}

/** Names that the file itself introduces: a parameter called `crypto` is no global. */
function declaredNames(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const declares =
      ts.isParameter(node) ||
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (declares && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

/** Not the name of a member: neither `env.crypto` nor `{ crypto: … }` nor a member's declaration. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isGetAccessorDeclaration(parent);
  if (named) return parent.name !== node;
  return !ts.isBindingElement(parent) || parent.propertyName !== node;
}

test('floors 0 to 4, and the virtual network, have no clock, no randomness, no timer and no await', () => {
  const pure = typescriptFiles('src').filter((file) => isPure(file.path));
  assert.ok(pure.length > 0);
  assert.deepEqual(violations(pure), []);
});

const planted: readonly string[] = [
  'const t = Date.now();',
  'const t = new Date();',
  'const r = Math.random();',
  'export async function f() {}',
  'const f = async () => 1;',
  'await g();',
  'setTimeout(f, 1);',
  'globalThis.x = 1;',
  'console.log(1);',
  'const e = new TextEncoder();',
  'const c = crypto.subtle;',
  'type P = Promise<number>;',
];
for (const text of planted) {
  test(`notices: ${text}`, () => {
    assert.ok(violations([{ path: 'src/base/a.ts', text }]).length >= 1);
  });
}

test('a member or a parameter of such a name is no global', () => {
  const text = `
    interface Env { readonly crypto: Crypto; process(): void }
    const a = (env: Env) => env.crypto;
    const b = ({ crypto: c }: Env) => c;
    const d = (performance: number) => performance + 1;
    const e = { console: 1 };`;
  assert.deepEqual(violations([{ path: 'src/base/a.ts', text }]), []);
});
