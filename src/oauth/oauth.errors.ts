import { DomainError } from '../common/errors/domain-error';

export class UnknownProviderError extends DomainError {
  readonly code = 'unknown_provider';
  constructor() {
    super('There is no such provider. GET /api/v1/auth/oauth/providers lists those there are.');
  }
}

export class ProviderNotConfiguredError extends DomainError {
  readonly code = 'provider_not_configured';
  override readonly retryAfterSeconds = 3600;
  constructor() {
    super('This provider is not switched on here. Choose another way to sign in.');
  }
}

export class RedirectNotAllowedError extends DomainError {
  readonly code = 'redirect_not_allowed';
  constructor() {
    super('redirect_to must be a URL beneath FRONTEND_URL or one of ALLOWED_REDIRECT_URLS.');
  }
}

/** The callback is not the answer to a sign-in that this browser began here, or came before. */
export class StateMismatchError extends DomainError {
  readonly code = 'state_mismatch';
  constructor() {
    super('This sign-in was not begun in this browser, took too long, or is over. Start again.');
  }
}

/** The person, or the provider for them, said no. */
export class AccessDeniedError extends DomainError {
  readonly code = 'access_denied';
  constructor() {
    super('The sign-in was cancelled at the provider.');
  }
}

/** It did not answer, or not as it must. The cause is logged, never told. */
export class ProviderError extends DomainError {
  readonly code = 'provider_error';
  override readonly retryAfterSeconds = 10;
  constructor(cause: unknown) {
    super('The provider did not answer as it should. Try again, or sign in another way.', {
      cause,
    });
  }
}

/** Told alike whether or not somebody here has the address. */
export class ProviderEmailUnverifiedError extends DomainError {
  readonly code = 'provider_email_unverified';
  constructor() {
    super('The provider has not verified your e-mail address. Sign in here and link it instead.');
  }
}

export class InvalidExchangeCodeError extends DomainError {
  readonly code = 'invalid_code';
  constructor() {
    super('The code is not valid, or no longer: it works once, for a minute. Sign in again.');
  }
}
