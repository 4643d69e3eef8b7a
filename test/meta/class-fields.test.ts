/**
 * Classes have few fields, and the #private ones stand first. V8 settles the shape of a class with its seventh object; where the
 * six before it have just been collected (three connections within one process, closed), it settles on one without room, and
 * objects whose sixteenth field or a later one is #private are dictionaries from then on: each access is a search, and 64 KiB
 * messages went at a quarter of their pace.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { typescriptFiles } from '../support/meta/sources.ts';

/** What private methods and accessors leave in an object counts as one. */
const MOST_FIELDS = 15;

/** Made once for a process, a thread, a server or a page, or never in great numbers: none is made after all others have gone. */
const MADE_ONCE = new Set([
  'AllocationBook',
  'DtlsServer',
  'Gate',
  'PacketMover',
  'RelayWorkers',
  'RoomCall',
  'SendList',
  'SignalingSession',
  'TurnServer',
  'TurnService',
  'TurnShard',
]);

/** How many there are up to the last #private one. */
function fieldsOf(declaration: ts.ClassDeclaration): number {
  const own = declaration.members.filter(
    (member) => !ts.canHaveModifiers(member) || !ts.getModifiers(member)?.some(isStatic),
  );
  const fields = own.filter(ts.isPropertyDeclaration);
  const hasPrivateMethods = own.some(
    (member) => !ts.isPropertyDeclaration(member) && member.name && ts.isPrivateIdentifier(member.name),
  );
  return fields.findLastIndex(({ name }) => ts.isPrivateIdentifier(name)) + 1 + (hasPrivateMethods ? 1 : 0);
}

function isStatic({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.StaticKeyword;
}

/** Name of each class in a file, and how many fields it has up to the last #private one. */
function classesIn(path: string, text: string): readonly (readonly [name: string, fields: number])[] {
  const found: [string, number][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node)) found.push([node.name?.text ?? path, fieldsOf(node)]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ES2023));
  return found;
}

const classes = typescriptFiles('src').flatMap(({ path, text }) => classesIn(path, text));

test('classes that come and go have few fields', () => {
  const large = classes.filter(([name, fields]) => fields > MOST_FIELDS && !MADE_ONCE.has(name));
  assert.deepEqual(large, [], 'group what belongs together in an object or a class of its own');
});

test('every exception is still needed', () => {
  const large = new Set(classes.flatMap(([name, fields]) => (fields > MOST_FIELDS ? [name] : [])));
  assert.deepEqual(
    [...MADE_ONCE].filter((name) => !large.has(name)),
    [],
  );
});

test('counts fields up to the last private one, and private methods as one', () => {
  const text =
    'class A { static #s = 0; a = 1; readonly #b = 2; #c; #m() {} get #d() { return 1; } e() {} f = 3; }';
  assert.deepEqual(classesIn('a.ts', `${text} class B { a = 1; }`), [
    ['A', 4],
    ['B', 0],
  ]);
});
