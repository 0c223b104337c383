import { DomainError } from '../../common/errors/domain-error';

export class NoEmailError extends DomainError {
  readonly code = 'no_email';
  constructor() {
    super('The account has no e-mail address that a link could be sent to.');
  }
}

/** What an admin is told of somebody else's account; its owner hears `account_disabled`. */
export class UserDisabledError extends DomainError {
  readonly code = 'user_disabled';
  constructor() {
    super('The account is disabled, and its links would not work. Enable it first.');
  }
}
