import { readFileSync } from 'node:fs';
import { Service } from '../support/service';

export interface Span {
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Infinite while it lasts. */
  readonly to: number;
}

/** Whether both were going on at some moment. */
export const overlap = (one: Span, other: Span): boolean =>
  one.from <= other.to && other.from <= one.to;

/** One process of the service, and those that took its place after it was killed. */
export class Member {
  /** From each kill until the next one was ready. */
  readonly downtimes: Span[] = [];
  /** Of those that were told to stop. */
  readonly exitCodes: (number | null)[] = [];
  /** Most memory that was seen in use, MiB; 0 where the system does not tell. */
  peakMiB = 0;
  private readonly lives: Service[] = [];

  constructor(
    readonly name: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const service = new Service(this.env);
    this.lives.push(service);
    await service.logged(this.isWorker ? 'worker ready' : 'listening');
    const down = this.downtimes.pop();
    if (down) this.downtimes.push({ ...down, to: Date.now() });
  }

  async kill(): Promise<void> {
    this.downtimes.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
    await this.life.end('SIGKILL');
  }

  /** As a process manager does. */
  async stop(): Promise<void> {
    this.downtimes.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
    this.exitCodes.push(await this.life.end('SIGTERM'));
  }

  async destroy(): Promise<void> {
    if (this.isRunning) await this.life.end('SIGKILL');
  }

  get isWorker(): boolean {
    return this.env.PROCESS_ROLE === 'worker';
  }

  get isRunning(): boolean {
    return this.life.isRunning;
  }

  /** @throws Error with the end of what it logged */
  demandAlive(): void {
    if (this.isRunning) return;
    const last = this.life.logs.slice(-5).join('\n');
    throw new Error(`${this.name} has ended of itself: ${this.errors}\n${last}`);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.env.PORT}`;
  }

  /** All that its processes logged. */
  get logs(): string[] {
    return this.lives.flatMap(({ logs }) => logs);
  }

  get errors(): string {
    return this.lives.map(({ errors }) => errors).join('');
  }

  weigh(): void {
    this.peakMiB = Math.max(this.peakMiB, residentMiB(this.life.pid));
  }

  private get life(): Service {
    return this.lives.at(-1)!;
  }
}

function residentMiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
