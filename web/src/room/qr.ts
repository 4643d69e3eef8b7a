/** A QR code as one SVG path. Loaded when somebody opens it. */
import { encode } from 'uqr';

export interface QrDrawing {
  /** Of the square view box, in modules. */
  readonly size: number;
  /** The dark modules, one run of a row at a time. */
  readonly path: string;
}

/** ISO/IEC 18004 asks for four light modules around the code. */
const BORDER = 4;

export function drawQr(text: string): QrDrawing {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER });
  let path = '';
  data.forEach((row, y) => {
    let x = 0;
    while (x < row.length) {
      let end = x;
      while (row[end]) end += 1;
      if (end > x) path += `M${x} ${y}h${end - x}v1h${x - end}z`;
      x = Math.max(end, x + 1);
    }
  });
  return { size, path };
}
