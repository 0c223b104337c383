import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import { Clock } from '../common/time/clock';
import { AppConfig, type RedisSettings } from '../config/app-config';
import { PreparedStatements } from '../database/prepared-statement';
import { FAILS_FAST, isConnected, openRedis, type RedisClient } from '../redis/open-redis';
import { Telemetry } from '../telemetry/telemetry';
import type { LimitStoreDecision } from '../telemetry/outcomes';
import { type Estimate, EstimatedCounter } from './estimated-counter';
import { type CounterOptions, LimitCounter } from './limit-counter';

/** A Redis that does not answer in that time is down, as far as a sign-in can wait. */
const PATIENCE_MS = 500;
/** After so much silence it counts as away, and is not waited for again before it is back. */
const SILENCE_MS = 2_000;
const SIGN_IN_WAITS = { ...FAILS_FAST, commandTimeout: PATIENCE_MS, socketTimeout: SILENCE_MS };
/** What a start waits for Redis: usually it is there in no time, or not at all. */
const FIRST_CONNECTION_MS = 2_000;
const SECONDS_BETWEEN_LINES = 10;

/** Where limits are counted: in Redis with REDIS_URL, otherwise in Postgres. */
@Injectable()
export class LimitStore implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LimitStore.name);
  private readonly settings: RedisSettings | null;
  private readonly redis: RedisClient | null;
  private silentUntil = new Date(0);

  constructor(
    { redis }: AppConfig,
    private readonly statements: PreparedStatements,
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
  ) {
    this.settings = redis;
    this.redis = redis && openRedis(redis, SIGN_IN_WAITS);
    this.redis?.on('error', (error) => this.log(error));
  }

  /** Starts without a Redis that is away. */
  async onModuleInit(): Promise<void> {
    if (this.redis) await isConnected(this.redis, FIRST_CONNECTION_MS);
  }

  /** A counter under a name of its own. */
  counter(options: Omit<CounterOptions, 'onFault'>): LimitCounter {
    const { name, limit } = options;
    this.telemetry.expect({ limits: [name] });
    const rules = { keyPrefix: name, points: limit.points, duration: limit.seconds };
    const onFault = this.report.bind(this);
    if (this.redis) {
      const keyPrefix = `${this.settings!.prefix}:limit:${name}`;
      const store = new RateLimiterRedis({ ...rules, keyPrefix, storeClient: this.redis });
      return new LimitCounter(store, { ...options, onFault });
    }
    const store = new RateLimiterPostgres({
      ...rules,
      storeClient: this.statements,
      storeType: 'pool',
      tableName: 'rate_limits',
      tableCreated: true,
      // By `RateLimits.purge`, a batch at a time.
      clearExpiredByTimeout: false,
    });
    return new LimitCounter(store, { ...options, onFault });
  }

  /** As `counter`, of which nobody waits for the store, and which lets go on without it. */
  estimated(estimate: Estimate): EstimatedCounter {
    const counter = this.counter({ ...estimate, whenDown: 'open' });
    return new EstimatedCounter(estimate, counter, this.clock);
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }

  private report(name: string, decision: LimitStoreDecision, error: unknown): void {
    this.telemetry.limitStoreFailed(name, decision);
    this.log(error);
  }

  /** Now and then: while the store is down there is an error for every request. */
  private log(error: unknown): void {
    if (this.clock.now() < this.silentUntil) return;
    this.silentUntil = this.clock.inSeconds(SECONDS_BETWEEN_LINES);
    this.logger.error({ msg: 'rate limits cannot be counted', err: error });
  }
}
