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
