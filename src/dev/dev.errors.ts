import { DomainError } from '../common/errors/domain-error';

export class MailNotFoundError extends DomainError {
  readonly code = 'mail_not_found';
  constructor() {
    super('The development mailbox has no such message; it keeps the newest 500.');
  }
}
