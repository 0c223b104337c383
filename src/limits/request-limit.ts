import { Injectable } from '@nestjs/common';
import type { Count } from '../common/http/rate-limit-headers';
import { AppConfig } from '../config/app-config';
import { networkOf } from './client-network';
import type { EstimatedCounter } from './estimated-counter';
import { LimitStore } from './limit-store';

/** `unread`: to a route with a limit of its own, refused before that could count it. */
type RequestKind = 'any' | 'unread';

const SHARES = 20;

/** The limit on requests as such, by the address that they come from. */
@Injectable()
export class RequestLimit {
  private readonly counter: EstimatedCounter;

  constructor(config: AppConfig, store: LimitStore) {
    const { requests: limit } = config.limits;
    this.counter = store.estimated({ name: 'requests', limit, shares: SHARES });
  }

  /** Counts one more request from this address. */
  count(ip: string, kind: RequestKind = 'any'): Count {
    return this.counter.add(aboutOf(ip, kind));
  }

  /** What `count` said last, or would have. */
  peek(ip: string, kind: RequestKind): Count {
    return this.counter.peek(aboutOf(ip, kind));
  }
}

const aboutOf = (ip: string, kind: RequestKind): string =>
  kind === 'any' ? networkOf(ip) : `${kind} ${networkOf(ip)}`;
