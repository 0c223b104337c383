import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import {
  BREACH_LOOKUPS,
  type BreachLookup,
  LIMIT_STORE_DECISIONS,
  type LimitStoreDecision,
  MAIL_OUTCOMES,
  type MailOutcome,
  REFRESH_OUTCOMES,
  type RefreshOutcome,
  SIGN_IN_OUTCOMES,
  type SignInOutcome,
} from './outcomes';

/** What may be counted by a name that the service does not make up on the way. */
export interface KnownNames {
  readonly actions?: readonly string[];
  readonly limits?: readonly string[];
  readonly mailKinds?: readonly string[];
  readonly signInMethods?: readonly string[];
}

/** Two milliseconds to five seconds: what an answer may take, and a hash under load. */
const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Where the service counts what happened to it, in words of its own. One an application, so that
 * several in a process count apart. No argument may be what a caller made up: each value is a
 * series that Prometheus keeps.
 */
@Injectable()
export class Telemetry {
  /** Everything counted here, and the gauges that others add. */
  readonly registry = new Registry();

  private readonly requests = new Histogram({
    name: 'gatehouse_http_request_duration_seconds',
    help: 'Time from a request to its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly signIns = this.counter(
    'gatehouse_sign_ins_total',
    'Attempts to sign in, by how they ended.',
    ['outcome', 'method'],
  );
  private readonly hashes = new Histogram({
    name: 'gatehouse_hashing_duration_seconds',
    help: 'Time that one password hash took to compute, without its wait.',
    buckets: SECONDS,
    registers: [this.registry],
  });
  private readonly hashesRefused = this.counter(
    'gatehouse_hashing_refused_total',
    'Passwords not checked because the hashing lane was full.',
  );
  private readonly limited = this.counter(
    'gatehouse_rate_limited_total',
    'Requests that a rate limit refused.',
    ['limit'],
  );
  private readonly limitStoreErrors = this.counter(
    'gatehouse_limit_store_errors_total',
    'Limits that could not be counted where they are kept, by what was done instead.',
    ['limit', 'decision'],
  );
  private readonly blocks = this.counter(
    'gatehouse_sign_in_blocks_total',
    'Blocks that began, of somebody who got a password wrong too often.',
  );
  private readonly refreshes = this.counter(
    'gatehouse_refreshes_total',
    'Refresh tokens presented, by what became of them.',
    ['outcome'],
  );
  private readonly securityEvents = this.counter(
    'gatehouse_security_events_total',
    'Events that the audit trail keeps.',
    ['action'],
  );
  private readonly mails = this.counter(
    'gatehouse_mails_total',
    'Mails, by what became of them at an attempt.',
    ['outcome', 'kind'],
  );
  private readonly breachLookups = this.counter(
    'gatehouse_breached_password_lookups_total',
    'New passwords that the breach service was asked about.',
    ['outcome'],
  );

  constructor() {
    for (const outcome of REFRESH_OUTCOMES) this.refreshes.inc({ outcome }, 0);
    for (const outcome of BREACH_LOOKUPS) this.breachLookups.inc({ outcome }, 0);
    this.expect({ signInMethods: ['password'] });
  }

  /**
   * Counts these from zero. Without that a series would begin with its first event at one, and the
   * first is a rise that no alert sees.
   */
  expect({ actions = [], limits = [], mailKinds = [], signInMethods = [] }: KnownNames): void {
    for (const action of actions) this.securityEvents.inc({ action }, 0);
    for (const limit of limits) {
      this.limited.inc({ limit }, 0);
      for (const decision of LIMIT_STORE_DECISIONS)
        this.limitStoreErrors.inc({ limit, decision }, 0);
    }
    for (const kind of mailKinds)
      for (const outcome of MAIL_OUTCOMES) this.mails.inc({ outcome, kind }, 0);
    for (const method of signInMethods)
      for (const outcome of SIGN_IN_OUTCOMES) this.signIns.inc({ outcome, method }, 0);
  }

  /** A request to a route, which is its template and never its path. */
  request(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }

  /** An attempt to sign in; `method` is `password` or a provider that is configured. */
  signIn(outcome: SignInOutcome, method: string): void {
    this.signIns.inc({ outcome, method });
  }

  /** A password hash was computed, in so many seconds. */
  hashed(seconds: number): void {
    this.hashes.observe(seconds);
  }

  /** The hashing lane was full. */
  hashingRefused(): void {
    this.hashesRefused.inc();
  }

  /** A limit refused a request. */
  rateLimited(limit: string): void {
    this.limited.inc({ limit });
  }

  /** A limit could not be counted, and that is what was done about it. */
  limitStoreFailed(limit: string, decision: LimitStoreDecision): void {
    this.limitStoreErrors.inc({ limit, decision });
  }

  /** Somebody is blocked from now on, for wrong passwords. */
  blocked(): void {
    this.blocks.inc();
  }

  /** A refresh token was presented. */
  refreshed(outcome: RefreshOutcome): void {
    this.refreshes.inc({ outcome });
  }

  /** An event is in the audit trail, committed. */
  securityEvent(action: string): void {
    this.securityEvents.inc({ action });
  }

  /** An attempt at a mail has ended. */
  mail(outcome: MailOutcome, kind: string): void {
    this.mails.inc({ outcome, kind });
  }

  /** The breach service was asked about a new password. */
  breachLookup(outcome: BreachLookup): void {
    this.breachLookups.inc({ outcome });
  }

  private counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
