/** The log of the process: pino behind the `Log` interface, on standard error, for people or for programs. */
import { destination, pino } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../base/index.ts';
import type { Settings } from '../server/index.ts';
import { isColourTerminal } from './colour.ts';

export interface ProcessLog extends Log {
  /** From now on. */
  setLevel(level: Settings['logLevel']): void;
}

/** Written at once (no worker, no buffer), so that nothing is lost when the process ends. */
export function createLog({ logLevel, logFormat }: Pick<Settings, 'logLevel' | 'logFormat'>): ProcessLog {
  const people = logFormat === undefined ? process.stderr.isTTY === true : logFormat === 'pretty';
  const stream = people
    ? pretty({
        destination: 2,
        sync: true,
        colorize: isColourTerminal(process.stderr),
        translateTime: 'SYS:HH:MM:ss.l',
        ignore: 'pid,hostname',
        errorLikeObjectKeys: ['error'],
      })
    : destination({ dest: 2, sync: true });
  const logger = pino(
    {
      level: logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        error: (error: unknown) => (error instanceof Error ? pino.stdSerializers.err(error) : error),
      },
      // Nobody should log these; if somebody does, they go no further.
      redact: { paths: ['password', 'credential', 'secret', 'token', 'passcode', 'seat'], censor: '***' },
    },
    stream,
  );
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    setLevel(level) {
      logger.level = level;
    },
  };
}
