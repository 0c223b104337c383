import { DomainError } from '../common/errors/domain-error';

/** The hashing lane is full; nothing was checked and nothing changed. */
export class OverloadedError extends DomainError {
  readonly code = 'overloaded';
  constructor(override readonly retryAfterSeconds: number) {
    super('The service is busy checking passwords. Try again in a few seconds.');
  }
}

/** More attempts than the limit allows; the attempt was counted and nothing else done. */
export class RateLimitedError extends DomainError {
  readonly code = 'rate_limited';
  override readonly retryAfterSeconds: number;
  constructor(secondsToWait: number) {
    super('Too many attempts. Wait as long as Retry-After says, then try again.');
    this.retryAfterSeconds = Math.max(1, Math.ceil(secondsToWait));
  }
}
