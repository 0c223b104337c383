import { DomainError } from '../errors/domain-error';

export interface FieldError {
  /** JSON Pointer (RFC 6901) into the request body, or the name of a query or path parameter. */
  readonly pointer: string;
  readonly detail: string;
}

/** The request is understood, but some fields are not what they must be. Never echoes a value. */
export class ValidationFailedError extends DomainError {
  readonly code = 'validation_failed';
  constructor(readonly errors: readonly FieldError[]) {
    super('Some fields are not valid; see "errors" for each of them.');
  }
}

export class MalformedRequestError extends DomainError {
  readonly code = 'malformed_request';
}

/** Refused by the parser of Node, which reads at most 16 KiB of headers, or for what that lets pass. */
export class NotHttpError extends MalformedRequestError {
  constructor() {
    super('The request is not well-formed HTTP, or its URL and headers exceed 16 KiB.');
  }
}

export class MalformedJsonError extends DomainError {
  readonly code = 'malformed_json';
  constructor() {
    super('The body is not valid JSON.');
  }
}

export class RouteNotFoundError extends DomainError {
  readonly code = 'not_found';
  constructor() {
    super('There is no such route. All of them are listed at /docs.');
  }
}

export class BodyTooLargeError extends DomainError {
  readonly code = 'body_too_large';
  constructor() {
    super('The body is larger than 100 KiB.');
  }
}

export class UnsupportedMediaTypeError extends DomainError {
  readonly code = 'unsupported_media_type';
  constructor(expected: string) {
    super(`Send the body as ${expected}, and say so in Content-Type.`);
  }
}

export class InternalError extends DomainError {
  readonly code = 'internal_error';
  constructor(cause?: unknown) {
    super('Something went wrong here. Please report it with the request id.', { cause });
  }
}
