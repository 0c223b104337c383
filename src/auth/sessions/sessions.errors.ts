import { DomainError } from '../../common/errors/domain-error';

export class SessionNotFoundError extends DomainError {
  readonly code = 'session_not_found';
  constructor() {
    super('You have no such session; it may have ended already.');
  }
}
