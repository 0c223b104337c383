import { DomainError } from '../common/errors/domain-error';

/** A session is not enough here: whoever holds it must have proven lately who they are. */
export class ReauthenticationRequiredError extends DomainError {
  readonly code = 'reauthentication_required';
  constructor() {
    super('Send your password, or sign in again and repeat this within five minutes.');
  }
}
