import { createHash } from 'node:crypto';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Count } from '../common/http/rate-limit-headers';
import type { RateLimit } from '../config/app-config';
import type { LimitStoreDecision } from '../telemetry/outcomes';
import { BoundedMemory } from './bounded-memory';
import { LimitsUnavailableError } from './limits.errors';

/** What a timer of Node can wait: 2^31 milliseconds. */
const LONGEST_TIMER_SECONDS = 2_147_483;
/** Each takes some 600 bytes. */
const MOST_KEYS = 20_000;

export interface CounterOptions {
  readonly name: string;
  readonly limit: RateLimit;
  /**
   * `open` lets everything through; `memory` counts in this process alone, and once the limit is
   * reached there refuses, since nobody knows what the other processes counted.
   */
  readonly whenDown: 'open' | 'memory';
  /** Told of every fault of the store. */
  readonly onFault: (name: string, decision: LimitStoreDecision, error: unknown) => void;
}

/** One limit, counted where all processes see it. What it keeps names nobody: keys are digests. */
export class LimitCounter {
  private readonly fallback: BoundedMemory | null;

  constructor(
    private readonly store: RateLimiterAbstract,
    private readonly options: CounterOptions,
  ) {
    const { points, seconds } = options.limit;
    const duration = Math.min(seconds, LONGEST_TIMER_SECONDS);
    this.fallback =
      options.whenDown === 'memory' ? new BoundedMemory({ points, duration }, MOST_KEYS) : null;
  }

  /**
   * Counts so many uses more, in one statement, and says where that leads. Of N callers at once
   * each gets a count of its own.
   * @throws LimitsUnavailableError
   */
  async add(about: string, uses = 1): Promise<Count> {
    const key = digestOf(about);
    try {
      return this.countOf(await this.store.penalty(key, uses));
    } catch (fault) {
      if (!this.fallback) {
        this.options.onFault(this.options.name, 'open', fault);
        return this.countOf(new RateLimiterRes(0, 0, 0));
      }
      return this.addInMemory(this.fallback, key, uses, fault);
    }
  }

  /** Takes one use back. */
  async giveBack(about: string): Promise<void> {
    const key = digestOf(about);
    await this.tellStore((store) => store.reward(key));
    // Where nothing was counted there is nothing to take back: a count below zero would allow more.
    const counted = await this.fallback?.get(key);
    if (counted && counted.consumedPoints > 0) await this.fallback!.reward(key);
  }

  /** Forgets what was counted. */
  async clear(about: string): Promise<void> {
    await this.tell((store, key) => store.delete(key), about);
  }

  /** Counts as used up for so many seconds from now. */
  async useUp(about: string, seconds: number): Promise<void> {
    await this.tell((store, key) => store.block(key, seconds), about);
  }

  private async addInMemory(
    memory: BoundedMemory,
    key: string,
    uses: number,
    fault: unknown,
  ): Promise<Count> {
    const { name } = this.options;
    const count = this.countOf(await memory.penalty(key, uses));
    const isRefused = isOver(count);
    this.options.onFault(name, isRefused ? 'refused' : 'memory', fault);
    if (isRefused) throw new LimitsUnavailableError();
    return count;
  }

  /** A store that is down counts nothing, so what it does not hear of is no loss. */
  private async tell(
    change: (store: RateLimiterAbstract, key: string) => Promise<unknown>,
    about: string,
  ): Promise<void> {
    const key = digestOf(about);
    const stored = this.tellStore((store) => change(store, key));
    await Promise.all([stored, this.fallback && change(this.fallback, key)]);
  }

  private async tellStore(change: (store: RateLimiterAbstract) => Promise<unknown>): Promise<void> {
    const { name, whenDown } = this.options;
    await change(this.store).catch((fault: unknown) => this.options.onFault(name, whenDown, fault));
  }

  private countOf({ consumedPoints, msBeforeNext }: RateLimiterRes): Count {
    const { name, limit } = this.options;
    const secondsLeft = msBeforeNext > 0 ? msBeforeNext / 1000 : limit.seconds;
    return { name, limit, used: consumedPoints, secondsLeft };
  }
}

export const isOver = ({ used, limit }: Count): boolean => used > limit.points;

const digestOf = (about: string): string => createHash('sha256').update(about).digest('base64url');
