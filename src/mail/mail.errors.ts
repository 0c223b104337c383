import { DomainError } from '../common/errors/domain-error';

/** Sent long ago, nobody's any more, or never owed. */
export class OutboxMailNotFoundError extends DomainError {
  readonly code = 'mail_not_found';
  constructor() {
    super('There is no such mail, or no longer.');
  }
}

/** It is sent, or still being tried. */
export class MailNotFailedError extends DomainError {
  readonly code = 'mail_not_failed';
  constructor() {
    super('This mail was not given up: it is sent, or will be tried again by itself.');
  }
}
