/** Starts the first file of a worker, compiled or not. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

const IS_COMPILED = import.meta.url.endsWith('.js');

/** `name`: of a file beside this one, without its ending. */
export function startWorker(name: string, options: WorkerOptions): Worker {
  const file = new URL(`./${name}.${IS_COMPILED ? 'js' : 'ts'}`, import.meta.url);
  return IS_COMPILED ? new Worker(file, options) : startUncompiled(file, options);
}

/** In tests. Worker threads do not inherit what lets the main thread read TypeScript. */
function startUncompiled(file: URL, options: WorkerOptions): Worker {
  const loader = import.meta.resolve('tsx/esm/api');
  const code = `import('${loader}').then((tsx) => { tsx.register(); return import('${file.href}'); });`;
  return new Worker(code, { ...options, eval: true });
}
