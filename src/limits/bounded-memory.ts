import {
  type IRateLimiterOptions,
  RateLimiterMemory,
  type RateLimiterRes,
} from 'rate-limiter-flexible';

/**
 * Counts in this process, for so many keys at most: of any more the one that was counted longest
 * ago is forgotten. Without that, whoever invents names while the store is down fills the memory.
 *
 * What it costs: somebody who gets that many other keys counted has their count again from zero.
 * Each of those takes an attempt that could have been a guess, from an address with a limit of its
 * own, and for all of them together there are a few more guesses at one account: guessing with them
 * is the better use. A key that goes on being counted is not among the oldest. Refusing new keys
 * instead would let anybody shut everybody out.
 */
export class BoundedMemory extends RateLimiterMemory {
  /** The one counted longest ago first; among them some that have run out. */
  private readonly recent = new Set<string>();

  constructor(
    options: IRateLimiterOptions,
    private readonly mostKeys: number,
  ) {
    super(options);
  }

  override penalty(key: string, points?: number): Promise<RateLimiterRes> {
    this.touch(key);
    return super.penalty(key, points);
  }

  override block(key: string, seconds: number): Promise<RateLimiterRes> {
    this.touch(key);
    return super.block(key, seconds);
  }

  override delete(key: string): Promise<boolean> {
    this.recent.delete(key);
    return super.delete(key);
  }

  private touch(key: string): void {
    this.recent.delete(key);
    this.recent.add(key);
    if (this.recent.size <= this.mostKeys) return;
    const [oldest] = this.recent;
    void this.delete(oldest!);
  }
}
