import { Injectable } from '@nestjs/common';
import type { Count } from '../common/http/rate-limit-headers';
import { Clock } from '../common/time/clock';
import { AppConfig, type RateLimit } from '../config/app-config';
import { networkOf } from './client-network';
import { LimitCounter } from './limit-counter';
import { LimitStore } from './limit-store';

interface Window {
  readonly about: string;
  /** Milliseconds since the epoch. */
  endsAt: number;
  /** What all processes have told the store, as of when this one last told it. */
  told: number;
  /** What this process has not told it yet. */
  untold: number;
  isTelling: boolean;
}

/** `unread`: to a route with a limit of its own, refused before that could count it. */
type RequestKind = 'any' | 'unread';

const SHARES = 20;
/** Each takes some 200 bytes. */
const MOST_WINDOWS = 50_000;

/**
 * The limit on requests as such. A request never waits for it: a process counts by itself, and
 * tells the store, which all processes share, as soon as it has a twentieth of the limit to tell.
 * So N processes together let at most N twentieths too many through, and one process none.
 */
@Injectable()
export class RequestLimit {
  private readonly limit: RateLimit;
  private readonly counter: LimitCounter;
  private readonly share: number;
  private readonly windows = new Map<string, Window>();

  constructor(
    config: AppConfig,
    store: LimitStore,
    private readonly clock: Clock,
  ) {
    this.limit = config.limits.requests;
    this.counter = store.counter({ name: 'requests', limit: this.limit, whenDown: 'open' });
    this.share = Math.max(1, Math.floor(this.limit.points / SHARES));
  }

  /** Counts one more request from this address. */
  count(ip: string, kind: RequestKind = 'any'): Count {
    const window = this.windowOf(ip, kind);
    window.untold++;
    this.tellIfDue(window);
    return this.countOf(window);
  }

  /** What `count` said last, or would have. */
  peek(ip: string, kind: RequestKind): Count {
    return this.countOf(this.windowOf(ip, kind));
  }

  private countOf({ told, untold, endsAt }: Window): Count {
    const secondsLeft = (endsAt - this.clock.now().getTime()) / 1000;
    return { name: 'requests', limit: this.limit, used: told + untold, secondsLeft };
  }

  private windowOf(ip: string, kind: RequestKind): Window {
    const about = kind === 'any' ? networkOf(ip) : `${kind} ${networkOf(ip)}`;
    const now = this.clock.now().getTime();
    const known = this.windows.get(about);
    if (known && known.endsAt > now) return known;
    const endsAt = now + this.limit.seconds * 1000;
    const window = { about, endsAt, told: 0, untold: 0, isTelling: false };
    // Taken out first, so that the order of the map is that of the windows' beginnings.
    this.windows.delete(about);
    if (this.windows.size >= MOST_WINDOWS) this.forgetOldest();
    this.windows.set(about, window);
    return window;
  }

  private forgetOldest(): void {
    const oldest = [...this.windows.keys()].slice(0, MOST_WINDOWS / 10);
    oldest.forEach((about) => this.windows.delete(about));
  }

  private tellIfDue(window: Window): void {
    const isDue = window.untold >= this.share && window.told <= this.limit.points;
    if (isDue && !window.isTelling) void this.tell(window);
  }

  private async tell(window: Window): Promise<void> {
    window.isTelling = true;
    const telling = window.untold;
    const { used, secondsLeft } = await this.counter.add(window.about, telling);
    // Where it could not be counted, what this process knows has to do.
    window.told = used || window.told + telling;
    window.untold -= telling;
    if (used) window.endsAt = this.clock.now().getTime() + secondsLeft * 1000;
    window.isTelling = false;
    this.tellIfDue(window);
  }
}
