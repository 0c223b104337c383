import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './ports';
import { until } from './until';

/** As in redis.conf; an array where a directive is repeated. */
export type RedisDirectives = Readonly<Record<string, string | readonly string[]>>;

/** A throwaway Redis on 127.0.0.1 that keeps nothing, unless it is told otherwise. */
export class TestRedis {
  private server: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly words: readonly string[],
    private readonly home: string | null = null,
  ) {}

  static async start(directives: RedisDirectives = {}): Promise<TestRedis> {
    const port = await freePort();
    // Its own: a replica writes down what it gets at first, and whoever starts there reads it.
    const home = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));
    const all = {
      port: String(port),
      bind: '127.0.0.1',
      dir: home,
      save: '',
      'maxmemory-policy': 'noeviction',
      ...directives,
    };
    const redis = new TestRedis(port, commandLine(all), home);
    await redis.start();
    return redis;
  }

  /** It keeps what it learns in its configuration file. */
  static async startSentinel(port: number, file: string): Promise<TestRedis> {
    const sentinel = new TestRedis(port, [file, '--sentinel']);
    await sentinel.start();
    return sentinel;
  }

  get isStopped(): boolean {
    return this.server?.exitCode != null || this.server?.signalCode != null;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Again, on the same port, with nothing of what it held. */
  async start(): Promise<void> {
    if (this.home) mkdirSync(this.home, { recursive: true });
    const server = spawn('redis-server', this.words, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.server = server;
    let isUp = false;
    server.stdout.on('data', (chunk: Buffer) => {
      isUp ||= /Ready to accept connections|\+monitor|Sentinel ID/.test(chunk.toString());
    });
    await until(() => {
      if (server.exitCode !== null) throw new Error(`redis-server ${this.words.join(' ')}`);
      return isUp;
    });
  }

  /** As a crash would; may be called again. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    const gone = once(this.server!, 'exit');
    this.server!.kill('SIGKILL');
    await gone;
    if (this.home) rmSync(this.home, { recursive: true, force: true });
  }

  /** Keeps its connections and takes new ones, and does not answer. */
  hang(): void {
    this.server!.kill('SIGSTOP');
  }

  wake(): void {
    this.server!.kill('SIGCONT');
  }

  /** What an operator would type. */
  async command(...words: readonly [string, ...string[]]): Promise<unknown> {
    const operator = new Redis(this.port, '127.0.0.1', { enableReadyCheck: false });
    operator.on('error', () => {});
    try {
      const [name, ...rest] = words;
      return await operator.call(name, ...rest);
    } finally {
      operator.disconnect();
    }
  }
}

const commandLine = (directives: RedisDirectives): string[] =>
  Object.entries(directives).flatMap(([name, value]) =>
    [value].flat().flatMap((one) => [`--${name}`, ...(one === '' ? [''] : one.split(' '))]),
  );
