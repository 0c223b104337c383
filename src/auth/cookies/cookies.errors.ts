import { DomainError } from '../../common/errors/domain-error';

/** Missing, forged, or of another session. */
export class CsrfTokenInvalidError extends DomainError {
  readonly code = 'csrf_token_invalid';
  constructor() {
    super('Send the CSRF token of this session as X-CSRF-Token; GET /auth/csrf tells it.');
  }
}

/** A page asked that has no business here. */
export class OriginNotAllowedError extends DomainError {
  readonly code = 'origin_not_allowed';
  constructor() {
    super('Pages of this origin may not use cookies here.');
  }
}
