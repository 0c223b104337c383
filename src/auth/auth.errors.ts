import { DomainError } from '../common/errors/domain-error';

/** The same for an unknown user, a wrong password and an account without one. */
export class InvalidCredentialsError extends DomainError {
  readonly code = 'invalid_credentials';
  constructor() {
    super('Username or password is wrong.');
  }
}

/** Only after a right password. */
export class UnverifiedSignInError extends DomainError {
  readonly code = 'email_not_verified';
  constructor() {
    super('Verify your e-mail address first; a new link can be requested.');
  }
}

/** Only after a right password. */
export class AccountDisabledError extends DomainError {
  readonly code = 'account_disabled';
  constructor() {
    super('This account is disabled. Ask support.');
  }
}

export class InvalidRefreshTokenError extends DomainError {
  readonly code = 'invalid_refresh_token';
  constructor() {
    super('The refresh token is not valid, or no longer. Sign in again.');
  }
}

/** The session has been ended: one of the two holders of this token is a thief. */
export class RefreshTokenReusedError extends DomainError {
  readonly code = 'refresh_token_reused';
  constructor() {
    super('This refresh token was used before, so its session was ended. Sign in again.');
  }
}

/** A mail link that is forged, expired, used, or made before something changed. */
export class InvalidLinkTokenError extends DomainError {
  readonly code = 'invalid_token';
  constructor() {
    super('This link is not valid, or no longer. Request a new one.');
  }
}

export class WrongPasswordError extends DomainError {
  readonly code = 'wrong_password';
  constructor() {
    super('The current password is wrong.');
  }
}

export class EmailUnchangedError extends DomainError {
  readonly code = 'email_unchanged';
  constructor() {
    super('This is the address of the account already.');
  }
}
