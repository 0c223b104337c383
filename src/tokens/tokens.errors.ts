import { DomainError } from '../common/errors/domain-error';

/** No key signs access tokens: whatever there was cannot be read, and no other could be made. */
export class NoSigningKeyError extends DomainError {
  readonly code = 'dependency_down';
  override readonly retryAfterSeconds = 5;

  constructor() {
    super('Tokens cannot be signed at the moment. Try again in a few seconds.');
  }
}
