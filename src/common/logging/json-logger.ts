import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { LogLevel } from '../../config/app-config';

/** Whatever object is logged, these never come out: the last line of defence, not the first. */
const SECRETS = [
  'password',
  'current_password',
  'new_password',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'set-cookie',
  'csrf_token',
  'x-csrf-token',
  'client_secret',
  'to',
  'recipient',
  'email',
];

const REDACT = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** What Nest says of itself while it starts: a hundred lines that nobody asked for. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'NestApplication',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
]);

export interface RequestLine {
  readonly msg: 'request';
  readonly requestId: string;
  readonly userId: string | undefined;
  readonly method: string;
  readonly path: string | undefined;
  readonly status: number;
  readonly ms: number;
  readonly ip: string;
}

/** Nest's logger as JSON lines. A message is a sentence, or an object with `msg` and facts. */
export class JsonLogger implements LoggerService {
  private readonly pino: Logger;
  private readonly requests: Logger;

  /** @param traceId of the request or job that a line is written for, where it is traced */
  constructor(
    level: LogLevel,
    destination?: DestinationStream,
    traceId?: () => string | undefined,
  ) {
    const output = destination ?? standardOutput();
    const options: LoggerOptions = {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      ...(traceId && { mixin: () => ({ trace_id: traceId() }) }),
    };
    this.pino = pino({ ...options, redact: { paths: REDACT, censor: '[redacted]' } }, output);
    this.requests = pino(options, output);
  }

  /** The line of one request: its fields are picked one by one, so nothing is searched in it. */
  request(line: RequestLine): void {
    this.requests.info(line);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest passes the name of the class that logs last, and a stack before it. */
  private write(
    level: 'info' | 'warn' | 'error' | 'fatal' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const stack = rest.length > 1 ? rest[0] : undefined;
    const facts =
      message instanceof Error
        ? { err: message }
        : typeof message === 'object' && message !== null
          ? message
          : { msg: String(message) };
    this.pino[level]({
      ...(typeof context === 'string' && { context }),
      ...facts,
      ...(typeof stack === 'string' && { stack }),
    });
  }
}

/**
 * Written in blocks, because a system call a line costs a tenth of what a request does: at the
 * latest after a tenth of a second, and always before the process ends, short of `kill -9`.
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, minLength: 4096, periodicFlush: 100 });
  process.on('exit', () => output.flushSync());
  return output;
}

/** Name, message, code and stack. A driver's error also holds the query's values: those stay out. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, code } = error as Error & { code?: unknown };
  return { name, message, code, stack };
}
