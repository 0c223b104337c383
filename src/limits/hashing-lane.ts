import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Inject, Injectable } from '@nestjs/common';
import { Telemetry } from '../telemetry/telemetry';
import { OverloadedError } from './limits.errors';

export interface HashingLaneSizes {
  readonly cores?: number;
  /** UV_THREADPOOL_SIZE. */
  readonly poolThreads?: number;
  readonly waitingPerSlot?: number;
}

export const HASHING_LANE_SIZES = Symbol('HASHING_LANE_SIZES');

/** https://docs.libuv.org/en/v1.x/threadpool.html */
const DEFAULT_POOL_THREADS = 4;
const DEFAULT_WAITING_PER_SLOT = 64;
/** What OWASP's argon2id parameters take, until the first jobs have been measured. */
const ASSUMED_JOB_MS = 20;
const WEIGHT_OF_LATEST = 1 / 8;

/**
 * Where password hashing queues. More hashes at once than cores only take memory, and a hash in
 * every thread of libuv's pool would starve file reads and name look-ups; so a sign-in storm waits
 * here, in order of arrival, and what exceeds the queue is refused at once instead of timing out.
 */
@Injectable()
export class HashingLane {
  /** Jobs that may run at once. */
  readonly slots: number;
  private readonly mostWaiting: number;
  private readonly queue: (() => void)[] = [];
  private running = 0;
  private typicalJobMs = ASSUMED_JOB_MS;

  constructor(
    @Inject(HASHING_LANE_SIZES) sizes: HashingLaneSizes,
    private readonly telemetry: Telemetry,
  ) {
    const { cores = availableParallelism(), poolThreads = DEFAULT_POOL_THREADS } = sizes;
    this.slots = Math.max(1, Math.min(cores, poolThreads - 1));
    this.mostWaiting = this.slots * (sizes.waitingPerSlot ?? DEFAULT_WAITING_PER_SLOT);
  }

  get inFlight(): number {
    return this.running;
  }

  get waiting(): number {
    return this.queue.length;
  }

  /**
   * Runs the job when its turn comes and answers as it does.
   * @throws OverloadedError at once, without running the job, when the queue is full
   */
  async run<T>(job: () => Promise<T>): Promise<T> {
    await this.enter();
    const startedAt = performance.now();
    try {
      return await job();
    } finally {
      const ms = performance.now() - startedAt;
      this.telemetry.hashed(ms / 1000);
      this.typicalJobMs += (ms - this.typicalJobMs) * WEIGHT_OF_LATEST;
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.slots) {
      this.running++;
      return;
    }
    if (this.queue.length >= this.mostWaiting) {
      this.telemetry.hashingRefused();
      throw new OverloadedError(this.secondsToDrain());
    }
    await new Promise<void>((enter) => this.queue.push(enter));
  }

  /** Hands the slot to the next in line without freeing it, so that no newcomer slips in between. */
  private leave(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.running--;
  }

  /** How long those who wait now will take; never below 1, which is the least Retry-After can say. */
  private secondsToDrain(): number {
    const ms = (this.queue.length / this.slots) * this.typicalJobMs;
    return Math.max(1, Math.ceil(ms / 1000));
  }
}
