/** The four corners in which one's own picture rests, and the ways between them. Pure. */

export interface Corner {
  readonly vertical: 'top' | 'bottom';
  readonly horizontal: 'left' | 'right';
}

export const FIRST_CORNER: Corner = { vertical: 'bottom', horizontal: 'right' };

/** The corner after an arrow key; the same when there is nothing further that way. */
export function cornerAfter(key: string, from: Corner): Corner {
  switch (key) {
    case 'ArrowUp':
      return { ...from, vertical: 'top' };
    case 'ArrowDown':
      return { ...from, vertical: 'bottom' };
    case 'ArrowLeft':
      return { ...from, horizontal: 'left' };
    case 'ArrowRight':
      return { ...from, horizontal: 'right' };
    default:
      return from;
  }
}

/** The corner nearest to a point of the stage, where the picture was let go. */
export function nearestCorner(x: number, y: number, width: number, height: number): Corner {
  return { vertical: y < height / 2 ? 'top' : 'bottom', horizontal: x < width / 2 ? 'left' : 'right' };
}
