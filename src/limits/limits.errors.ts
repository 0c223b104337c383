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
  constructor(
    secondsToWait: number,
    message = 'Too many attempts. Wait as long as Retry-After says, then try again.',
  ) {
    super(message);
    this.retryAfterSeconds = Math.max(1, Math.ceil(secondsToWait));
  }
}

/** Too many wrong passwords in a row; the password was not looked at. */
export class SignInBlockedError extends RateLimitedError {
  constructor(secondsToWait: number) {
    super(
      secondsToWait,
      'Too many wrong passwords in a row. Wait as long as Retry-After says, then try again.',
    );
  }
}

/** Attempts cannot be counted, and are refused rather than let through without limit. */
export class LimitsUnavailableError extends DomainError {
  readonly code = 'dependency_down';
  override readonly retryAfterSeconds = 5;
  constructor() {
    super('Sign-in attempts cannot be counted at the moment. Try again in a few seconds.');
  }
}
