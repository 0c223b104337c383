import { DomainError } from '../common/errors/domain-error';

export class UsernameTakenError extends DomainError {
  readonly code = 'username_taken';
  constructor() {
    super('This username is taken. Choose another.');
  }
}

export class EmailTakenError extends DomainError {
  readonly code = 'email_taken';
  constructor() {
    super('An account with this e-mail address exists. Sign in, or reset its password.');
  }
}

export class ProtectedFieldError extends DomainError {
  readonly code = 'protected_field';
  constructor(field: string) {
    super(`Cannot update '${field}'.`);
  }
}

/** Somebody must be left who can let others in. */
export class LastAdminError extends DomainError {
  readonly code = 'last_admin';
  constructor() {
    super('This is the last active admin. Make somebody else an admin first.');
  }
}

export class UserNotFoundError extends DomainError {
  readonly code = 'user_not_found';
  constructor() {
    super('There is no such user; they may have been deleted.');
  }
}
