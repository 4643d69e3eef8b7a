/**
 * People drawn on a canvas in the place of a camera, for the pictures of the documentation. The microphone stays
 * Chromium's fake one. Runs in the page before its own scripts; uses nothing from outside itself.
 */

export interface Look {
  /** Two corners of the wall. */
  readonly wall: readonly [string, string];
  readonly window: string;
  readonly windowLeft: boolean;
  readonly books: readonly [string, string, string];
  readonly shirt: string;
  readonly skin: string;
  readonly neck: string;
  readonly hair: string;
  readonly longHair: boolean;
  readonly glasses: boolean;
  /** Seconds by which this person moves later than the others. */
  readonly phase: number;
}

export const LOOKS = {
  minsu: {
    wall: ['#d9cfc0', '#b7a68f'],
    window: '#bcd4dd',
    windowLeft: true,
    books: ['#5b6ea8', '#c9775c', '#e6d7b8'],
    shirt: '#2f4a6d',
    skin: '#f0c7a4',
    neck: '#dfae88',
    hair: '#2b2422',
    longHair: false,
    glasses: true,
    phase: 0,
  },
  jiwoo: {
    wall: ['#cddad3', '#93aca0'],
    window: '#f3e6c4',
    windowLeft: false,
    books: ['#d98c6a', '#f1efe4', '#6d8f83'],
    shirt: '#e8e0d2',
    skin: '#f4cfb0',
    neck: '#e4b792',
    hair: '#3a2a25',
    longHair: true,
    glasses: false,
    phase: 1.4,
  },
  alice: {
    wall: ['#d5d3e6', '#9fa0c4'],
    window: '#f6d9c9',
    windowLeft: true,
    books: ['#7e5aa2', '#f0c36b', '#efeaf6'],
    shirt: '#8d3f4c',
    skin: '#eab892',
    neck: '#d39c73',
    hair: '#7a4a2b',
    longHair: true,
    glasses: false,
    phase: 2.6,
  },
  hajun: {
    wall: ['#e4d3c8', '#c39a86'],
    window: '#c7dbe8',
    windowLeft: false,
    books: ['#3f6d72', '#e9e2d0', '#b95f45'],
    shirt: '#5a6b4a',
    skin: '#e9bd97',
    neck: '#d4a27b',
    hair: '#221d1c',
    longHair: false,
    glasses: false,
    phase: 3.7,
  },
} satisfies Record<string, Look>;

/** To be given to `addInitScript` with a look: the camera of the page is this person. */
export function drawnCamera(look: Look): void {
  const canvas = document.createElement('canvas');
  // Four of these are encoded and decoded on one machine: small pictures keep its round trips short.
  canvas.width = 768;
  canvas.height = 432;
  const at = canvas.getContext('2d');
  if (!at) return;
  at.scale(0.6, 0.6);

  const fill = (colour: string, draw: () => void): void => {
    at.fillStyle = colour;
    at.beginPath();
    draw();
    at.fill();
  };
  const room = (): void => {
    const wall = at.createLinearGradient(0, 0, 1280, 720);
    wall.addColorStop(0, look.wall[0]);
    wall.addColorStop(1, look.wall[1]);
    at.fillStyle = wall;
    at.fillRect(0, 0, 1280, 720);
    const pane = look.windowLeft ? 110 : 930;
    fill(look.window, () => at.roundRect(pane, 90, 250, 300, 14));
    at.fillStyle = 'rgb(255 255 255 / 35%)';
    at.fillRect(pane + 121, 90, 8, 300);
    at.fillRect(pane, 234, 250, 8);
    const shelf = look.windowLeft ? 890 : 90;
    at.fillStyle = 'rgb(0 0 0 / 14%)';
    at.fillRect(shelf, 320, 300, 12);
    for (const [index, height] of [60, 84, 70, 44, 92].entries()) {
      const colour = look.books[index % 3] ?? look.shirt;
      fill(colour, () => at.roundRect(shelf + 24 + index * 38, 320 - height, 28, height, 3));
    }
  };
  const face = (blink: boolean): void => {
    if (look.longHair) fill(look.hair, () => at.roundRect(-190, 170, 380, 370, 150));
    fill(look.skin, () => at.ellipse(0, 310, 140, 172, 0, 0, 7));
    fill(look.hair, () => {
      at.moveTo(-152, 300);
      at.bezierCurveTo(-175, 90, 175, 90, 152, 300);
      at.bezierCurveTo(120, 215, 40, 205, -40, 208);
      at.bezierCurveTo(-100, 214, -140, 250, -152, 300);
    });
    for (const eye of [-56, 56]) {
      fill('#2a2322', () => at.ellipse(eye, 312, 11, blink ? 2 : 13, 0, 0, 7));
      fill('rgb(220 110 90 / 22%)', () => at.ellipse(eye * 1.57, 366, 26, 16, 0, 0, 7));
    }
    at.lineCap = 'round';
    if (look.glasses) {
      at.strokeStyle = '#2d2a2a';
      at.lineWidth = 6;
      at.beginPath();
      for (const eye of [-56, 56]) at.roundRect(eye - 42, 282, 84, 62, 24);
      at.moveTo(-14, 306);
      at.lineTo(14, 306);
      at.stroke();
    }
    at.strokeStyle = '#7a3a30';
    at.lineWidth = 7;
    at.beginPath();
    at.arc(0, 376, 46, 0.35, Math.PI - 0.35);
    at.stroke();
  };
  const draw = (): void => {
    const seconds = performance.now() / 1000 + look.phase;
    room();
    at.save();
    at.translate(640 + Math.sin(seconds * 1.1) * 6, 0);
    fill(look.shirt, () => {
      at.moveTo(-330, 720);
      at.quadraticCurveTo(-310, 540, -120, 500);
      at.lineTo(120, 500);
      at.quadraticCurveTo(310, 540, 330, 720);
    });
    fill(look.neck, () => at.roundRect(-62, 410, 124, 130, 50));
    at.translate(0, Math.sin(seconds * 2.2) * 3);
    face(seconds % 4 < 0.12);
    at.restore();
  };

  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = constraints?.audio ? await real({ audio: constraints.audio }) : new MediaStream();
    if (!constraints?.video) return stream;
    draw();
    setInterval(draw, 100);
    const [track] = canvas.captureStream(10).getVideoTracks();
    if (track) stream.addTrack(track);
    return stream;
  };
}
