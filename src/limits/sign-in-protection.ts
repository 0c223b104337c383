import { Injectable } from '@nestjs/common';
import type { Client } from '../common/http/client';
import type { Count } from '../common/http/rate-limit-headers';
import { AppConfig } from '../config/app-config';
import { Telemetry } from '../telemetry/telemetry';
import { networkOf } from './client-network';
import { isOver, type LimitCounter } from './limit-counter';
import { LimitStore } from './limit-store';
import { RateLimitedError, SignInBlockedError } from './limits.errors';

export interface Verdict {
  readonly isRight: boolean;
  /** What this wrong password led to, if it was one too many. */
  readonly block: { readonly wrong: number; readonly seconds: number } | null;
}

const DAY = 86_400;
const HOUR = 3600;

/**
 * Keeps passwords from being guessed. Whatever may fail is counted before it is tried, so of N
 * guesses at once no more are looked at than the limit allows. Everything is counted together with
 * the address it comes from: somebody who guesses never locks out the owner, who is elsewhere.
 * Where it cannot be counted each process allows as much by itself, and then refuses.
 */
@Injectable()
export class SignInProtection {
  private readonly byIp: LimitCounter;
  private readonly byAccount: LimitCounter;
  private readonly wrongByIp: LimitCounter;
  private readonly streaks: LimitCounter;
  private readonly blocks: LimitCounter;
  private readonly levels: LimitCounter;

  constructor(
    private readonly config: AppConfig,
    private readonly telemetry: Telemetry,
    store: LimitStore,
  ) {
    const { login, loginIp, loginWrongIp, loginStreak } = config.limits;
    const strict = (name: string, points: number, seconds: number) =>
      store.counter({ name, limit: { points, seconds }, whenDown: 'memory' });
    this.byIp = strict('login-ip', loginIp.points, loginIp.seconds);
    this.byAccount = strict('login', login.points, login.seconds);
    this.wrongByIp = strict('login-wrong-ip', loginWrongIp.points, loginWrongIp.seconds);
    // Beyond its limit a streak goes on, at the pace of the blocks: the counts below only count.
    this.streaks = strict('login-streak', Number.MAX_SAFE_INTEGER, DAY);
    this.levels = strict('login-block-level', Number.MAX_SAFE_INTEGER, DAY);
    this.blocks = strict('login-block', 1, loginStreak.seconds);
  }

  /** One more attempt from this address, whoever it is about. @throws RateLimitedError */
  async admit(client: Client): Promise<void> {
    if (!this.config.limits.enabled) return;
    this.demand(await this.byIp.add(networkOf(client.ip)), client);
  }

  /**
   * Runs `check`, which says whether a password is right, if the limits allow it. A right password
   * ends the streak of wrong ones; a check that throws counts as none.
   * @param who whose password it is, in a way that two spellings of one name share
   * @throws RateLimitedError, SignInBlockedError; what `check` throws
   */
  async judge(who: string, client: Client, check: () => Promise<boolean>): Promise<Verdict> {
    if (!this.config.limits.enabled) return { isRight: await check(), block: null };
    const network = networkOf(client.ip);
    const about = `${who}\n${network}`;
    this.demand(await this.byAccount.add(about), client);
    const wrong = await this.reserve(about, network);
    const isLast = wrong >= this.config.limits.loginStreak.points;
    let isRight: boolean;
    try {
      isRight = await check();
    } catch (error) {
      await Promise.all([this.giveBack(about, network), isLast && this.blocks.clear(about)]);
      throw error;
    }
    if (isRight) await this.forgive(about, network, isLast);
    return { isRight, block: !isRight && isLast ? await this.block(about, wrong) : null };
  }

  /** Counts a wrong password beforehand, and says which of the streak it would be. */
  private async reserve(about: string, network: string): Promise<number> {
    const [byIp, streak] = await this.countBeforehand(about, network);
    if (isOver(byIp)) {
      await this.streaks.giveBack(about);
      this.refuse(new RateLimitedError(byIp.secondsLeft), byIp.name);
    }
    if (streak.used < this.config.limits.loginStreak.points) return streak.used;
    // From here on one at a time: who gets the block's one place is looked at.
    const place = await this.blocks.add(about).catch(async (error: unknown) => {
      await this.giveBack(about, network);
      throw error;
    });
    if (isOver(place)) {
      await this.giveBack(about, network);
      this.refuse(new SignInBlockedError(place.secondsLeft), 'login-streak');
    }
    return streak.used;
  }

  /** Both or neither. */
  private async countBeforehand(about: string, network: string): Promise<[Count, Count]> {
    const [byIp, streak] = await Promise.allSettled([
      this.wrongByIp.add(network),
      this.streaks.add(about),
    ]);
    if (byIp.status === 'fulfilled' && streak.status === 'fulfilled')
      return [byIp.value, streak.value];
    if (byIp.status === 'fulfilled') await this.wrongByIp.giveBack(network);
    if (streak.status === 'fulfilled') await this.streaks.giveBack(about);
    throw byIp.status === 'rejected' ? byIp.reason : (streak as PromiseRejectedResult).reason;
  }

  /** Each block is twice as long as the one before it. */
  private async block(about: string, wrong: number) {
    const { seconds: first } = this.config.limits.loginStreak;
    const { used: level } = await this.levels.add(about);
    const seconds = Math.max(first, Math.min(first * 2 ** (level - 1), HOUR));
    await this.blocks.useUp(about, seconds);
    this.telemetry.blocked();
    return { wrong, seconds };
  }

  private async forgive(about: string, network: string, wasLast: boolean): Promise<void> {
    await Promise.all([
      this.wrongByIp.giveBack(network),
      this.streaks.clear(about),
      wasLast && this.blocks.clear(about),
      wasLast && this.levels.clear(about),
    ]);
  }

  private async giveBack(about: string, network: string): Promise<void> {
    await Promise.all([this.wrongByIp.giveBack(network), this.streaks.giveBack(about)]);
  }

  private demand(count: Count, { counts }: Client): void {
    counts.push(count);
    if (isOver(count)) this.refuse(new RateLimitedError(count.secondsLeft), count.name);
  }

  private refuse(error: RateLimitedError, limit: string): never {
    this.telemetry.rateLimited(limit);
    throw error;
  }
}
