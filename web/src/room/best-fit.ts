/** The largest equal tiles that fill a stage. Pure geometry, in CSS pixels. */

export interface Fit {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

/** Wide as a camera's picture; a portrait stage may also use squarer tiles, which show more of a face. */
const WIDE = [16 / 9];
const TALL = [16 / 9, 4 / 3, 1, 3 / 4];

/**
 * Tries every number of columns and every allowed shape, and keeps the one with the largest tile.
 * One person on a portrait stage (a phone) gets all of it.
 */
export function bestFit(people: number, stageWidth: number, stageHeight: number, gap: number): Fit {
  if (people <= 0 || stageWidth <= 0 || stageHeight <= 0) return { columns: 0, rows: 0, width: 0, height: 0 };
  const portrait = stageHeight > stageWidth * 1.1;
  if (people === 1 && portrait) return { columns: 1, rows: 1, width: stageWidth, height: stageHeight };
  let best: Fit = { columns: 1, rows: people, width: 0, height: 0 };
  for (let columns = 1; columns <= people; columns += 1) {
    const rows = Math.ceil(people / columns);
    const roomWidth = (stageWidth - gap * (columns - 1)) / columns;
    const roomHeight = (stageHeight - gap * (rows - 1)) / rows;
    for (const ratio of portrait ? TALL : WIDE) {
      const width = Math.floor(Math.min(roomWidth, roomHeight * ratio));
      const height = Math.floor(width / ratio);
      if (width > 0 && width * height > best.width * best.height) best = { columns, rows, width, height };
    }
  }
  return best;
}
