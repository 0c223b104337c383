import type { Count } from '../common/http/rate-limit-headers';
import type { Clock } from '../common/time/clock';
import type { RateLimit } from '../config/app-config';
import type { LimitCounter } from './limit-counter';

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

export interface Estimate {
  readonly name: string;
  readonly limit: RateLimit;
  /** Into so many parts the limit is cut: the store is told of one when it is full. */
  readonly shares: number;
}

/** Each takes some 200 bytes. */
const MOST_WINDOWS = 50_000;

/**
 * A count that nobody waits for: a process counts by itself, and tells the store, which all
 * processes share, as soon as it has a share of the limit to tell. So N processes together let at
 * most N shares too many through, and one process none.
 */
export class EstimatedCounter {
  private readonly share: number;
  private readonly windows = new Map<string, Window>();

  constructor(
    private readonly estimate: Estimate,
    private readonly counter: LimitCounter,
    private readonly clock: Clock,
  ) {
    this.share = Math.max(1, Math.floor(estimate.limit.points / estimate.shares));
  }

  /** Counts one use more. */
  add(about: string): Count {
    const window = this.windowOf(about);
    window.untold++;
    this.tellIfDue(window);
    return this.countOf(window);
  }

  /** What `add` said last, or would have said before it counted. */
  peek(about: string): Count {
    return this.countOf(this.windowOf(about));
  }

  private countOf({ told, untold, endsAt }: Window): Count {
    const { name, limit } = this.estimate;
    const secondsLeft = (endsAt - this.clock.now().getTime()) / 1000;
    return { name, limit, used: told + untold, secondsLeft };
  }

  private windowOf(about: string): Window {
    const now = this.clock.now().getTime();
    const known = this.windows.get(about);
    if (known && known.endsAt > now) return known;
    const endsAt = now + this.estimate.limit.seconds * 1000;
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
    const isDue = window.untold >= this.share && window.told <= this.estimate.limit.points;
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
