import { DomainError } from '../../common/errors/domain-error';

/** Whoever asks about tokens is none of the services that may (RFC 7662 §2.3). */
export class IntrospectionRefusedError extends DomainError {
  readonly code = 'unauthenticated';
  constructor() {
    super('Send one of INTROSPECTION_TOKEN as a Bearer token, or as the password of Basic.');
  }
}
