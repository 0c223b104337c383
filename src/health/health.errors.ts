import { DomainError } from '../common/errors/domain-error';

export class DependencyDownError extends DomainError {
  readonly code = 'dependency_down';
  override readonly retryAfterSeconds = 5;

  constructor(names: readonly string[]) {
    super(`Down: ${names.join(', ')}. Try again in a few seconds.`);
  }
}

/** The process has been told to stop; what it still gets it still answers. */
export class ShuttingDownError extends DomainError {
  readonly code = 'shutting_down';
  override readonly retryAfterSeconds = 5;

  constructor() {
    super('This process is about to stop. Send requests to another one.');
  }
}
