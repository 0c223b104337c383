import { DomainError } from '../../common/errors/domain-error';

export class IdentityTakenError extends DomainError {
  readonly code = 'identity_taken';
  constructor() {
    super('This sign-in belongs to another account. Sign in with it, or unlink it there first.');
  }
}

export class ProviderAlreadyLinkedError extends DomainError {
  readonly code = 'provider_already_linked';
  constructor() {
    super('The account is linked to another sign-in of this provider. Unlink that one first.');
  }
}

export class IdentityNotFoundError extends DomainError {
  readonly code = 'identity_not_found';
  constructor() {
    super('Your account is not linked to this provider.');
  }
}

export class LastSignInMethodError extends DomainError {
  readonly code = 'last_sign_in_method';
  constructor() {
    super(
      'Nothing else would be left to sign in with. Link another provider first, or set a password ' +
        'by a password reset.',
    );
  }
}
