import { DomainError } from '../errors/domain-error';

export class UnauthenticatedError extends DomainError {
  readonly code = 'unauthenticated';
  constructor() {
    super('Sign in, and send the access token as "Authorization: Bearer <token>".');
  }
}

/** One answer for malformed, forged, expired and revoked: the cure is the same. */
export class InvalidAccessTokenError extends DomainError {
  readonly code = 'invalid_access_token';
  constructor() {
    super('The access token is not valid, or no longer. Refresh it, or sign in again.');
  }
}

/** Who it is was proven; their role does not reach this far. */
export class ForbiddenError extends DomainError {
  readonly code = 'forbidden';
  constructor() {
    super('Your role does not allow this. Ask an admin.');
  }
}

export class PremiumRequiredError extends DomainError {
  readonly code = 'premium_required';
  constructor() {
    super('This needs a premium subscription, and yours is none or has run out.');
  }
}

/** The address is unverified: at sign-in a 401, on a signed-in route a 403. */
export class VerifiedEmailRequiredError extends DomainError {
  readonly code = 'email_not_verified';
  constructor() {
    super('Verify your e-mail address first; a new link can be requested.');
  }
}
