/** Tells when a file has changed, appeared or gone. Reads nothing of it. */
import { stat } from 'node:fs/promises';

/** Looking beats watching: `fs.watch` misses changes behind links, mounts (Kubernetes' config maps) and network file systems. */
const LOOK_EVERY_MS = 2000;

export interface FileWatch {
  /** Looks at once, for who knows of a change. */
  look(): Promise<void>;
  close(): void;
}

/** `onChange` is called once for each change that is seen, never after `close`. */
export function watchFile(path: string, onChange: () => void): FileWatch {
  let seen: string | undefined;
  let closed = false;
  let looking: Promise<void> | undefined;
  const lookOnce = async (): Promise<void> => {
    const stamp = await stampOf(path);
    const before = seen;
    seen = stamp;
    if (!closed && before !== undefined && before !== stamp) onChange();
  };
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return {
    look,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return 'missing';
  }
}
