import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { type FieldError, ValidationFailedError } from './http.errors';

const LONGEST_NAME = 64;
/** No request has as many, and each that is unknown costs time and a line of the answer. */
const MOST_FIELDS = 100;
const UNKNOWN_FIELD = 'is not a field of this request';

/** RFC 6901 §3. Names come from the caller, so they are cut. */
const pointer = (parent: string, name: string): string =>
  `${parent}/${name.slice(0, LONGEST_NAME).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;

function fieldErrors(errors: readonly ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const here = pointer(parent, error.property);
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      pointer: here,
      detail: rule === 'whitelistValidation' ? UNKNOWN_FIELD : message,
    }));
    return [...own, ...fieldErrors(error.children ?? [], here)];
  });
}

/** Postgres refuses NUL in text, and UTF-8 has no lone surrogate: two values would become one. */
export const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

function unstorable(value: unknown, parent = ''): FieldError[] {
  if (typeof value === 'string')
    return isStorable(value)
      ? []
      : [{ pointer: parent, detail: 'must not contain NUL or unpaired surrogates' }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => unstorable(item, pointer(parent, name)));
}

/**
 * Names that every object has. class-transformer and class-validator take them for members of the
 * DTO and drop them without a word, so they are looked for before.
 */
const inherited = (body: object): FieldError[] =>
  Object.keys(body)
    .filter((name) => name in Object.prototype || name === 'prototype')
    .map((name) => ({ pointer: pointer('', name), detail: UNKNOWN_FIELD }));

/**
 * Makes the DTO of a body or query, or throws ValidationFailedError with a pointer for each fault.
 * A missing body counts as `{}`, so that the answer names the fields.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new ValidationFailedError(fieldErrors(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // Without a DTO there is nothing to hold a value to: the handler takes whatever came.
    const isTyped = metadata.type !== 'custom' && metadata.metatype !== Object;
    // A name in a path is found or not found, whatever it is made of.
    if (metadata.type === 'param' || !isTyped) return value;
    const given = value ?? {};
    const faults = unstorable(given);
    const isQuery = metadata.type === 'query' && metadata.data === undefined;
    if (metadata.type === 'body' || isQuery) {
      if (typeof given !== 'object' || given === null || Array.isArray(given))
        throw new ValidationFailedError([{ pointer: '', detail: 'must be a JSON object' }]);
      if (Object.keys(given).length > MOST_FIELDS)
        throw new ValidationFailedError([
          { pointer: '', detail: `must have at most ${MOST_FIELDS} fields` },
        ]);
      faults.push(...inherited(given));
    }
    if (faults.length > 0) throw new ValidationFailedError(faults.slice(0, MOST_FIELDS));
    return super.transform(given, metadata);
  }
}
