/** Rows as text in columns that are as wide as they need to be. Names from clients cannot disturb the terminal. */

/** The first row is the head. Columns from `rightFrom` on are numbers, and stand to the right. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { rightFrom }: { readonly rightFrom: number },
): string {
  const clean = rows.map((row) => row.map(printable));
  const widths = clean.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return clean
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column < rightFrom ? cell.padEnd(width) : cell.padStart(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Control characters would let a user's name move the cursor, or worse. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}
