import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsEmail,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import { parseInstant } from '../time/instant';

/** Request fields that recur: validation, normalisation and documentation in one decorator each. */

const NEW_PASSWORD = { least: 8, most: 128 };
/** Longer than any new password may be, because an imported one may be longer. */
const LONGEST_PASSWORD = 1024;
const LONGEST_EMAIL = 254;
const LONGEST_TOKEN = 4096;

const normalize = (change: (text: string) => string) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? change(value) : value));

const NO_EMAIL = 'must be an e-mail address';
/**
 * RFC 5321 §4.1.2 lets a quoted local part hold line breaks, spaces and `<>`: nobody has such an
 * address, mail servers refuse it, and a header or a log line may break at it. Nor anything unseen.
 */
const PLAIN_EMAIL = /^[^"\p{C}\p{Z}]+$/u;

const tidy = (text: string): string => text.normalize('NFC').trim();

/** NFC, trimmed, lower case: two spellings of one mailbox are one account. */
export const EmailField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      format: 'email',
      example: 'ada@example.com',
      maxLength: LONGEST_EMAIL,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    normalize((text) => tidy(text).toLowerCase()),
    IsString({ message: 'must be a string' }),
    MaxLength(LONGEST_EMAIL, { message: `must have at most ${LONGEST_EMAIL} characters` }),
    IsEmail({}, { message: NO_EMAIL }),
    Matches(PLAIN_EMAIL, { message: NO_EMAIL }),
  );

/** Cannot hold an `@`, so it never looks like somebody's address. */
export const UsernameField = () =>
  applyDecorators(
    ApiProperty({ example: 'ada', minLength: 3, maxLength: 50, pattern: '^[A-Za-z0-9_.-]{3,50}$' }),
    normalize(tidy),
    IsString({ message: 'must be a string' }),
    Matches(/^[A-Za-z0-9_.-]{3,50}$/, {
      message: 'must be 3 to 50 of letters, digits, "_", "." and "-"',
    }),
  );

/** A username or an e-mail address, as typed at sign-in. */
export const LoginNameField = () =>
  applyDecorators(
    ApiProperty({
      example: 'ada',
      description: 'username or e-mail address',
      maxLength: LONGEST_EMAIL,
    }),
    normalize(tidy),
    IsString({ message: 'must be a string' }),
    Length(1, LONGEST_EMAIL, { message: `must have 1 to ${LONGEST_EMAIL} characters` }),
  );

/** A password to be checked: taken as it is. */
export const PasswordField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      example: 'correct horse battery',
      format: 'password',
      maxLength: LONGEST_PASSWORD,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    IsString({ message: 'must be a string' }),
    Length(1, LONGEST_PASSWORD, { message: `must have 1 to ${LONGEST_PASSWORD} characters` }),
  );

/** A password to be set: taken as it is, 8 to 128 characters; `PasswordPolicy` says the rest. */
export const NewPasswordField = () =>
  applyDecorators(
    ApiProperty({
      example: 'correct horse battery',
      format: 'password',
      minLength: NEW_PASSWORD.least,
      maxLength: NEW_PASSWORD.most,
    }),
    IsString({ message: 'must be a string' }),
    // Not Length, which counts an emoji with a variation selector as one; the policy counts two.
    Matches(new RegExp(`^.{${NEW_PASSWORD.least},${NEW_PASSWORD.most}}$`, 'su'), {
      message: `must have ${NEW_PASSWORD.least} to ${NEW_PASSWORD.most} characters`,
    }),
  );

/** A JWT. Whether it is a good one is not for validation to say. */
export const TokenField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      example: 'eyJhbGciOiJIUzI1NiIs…',
      maxLength: LONGEST_TOKEN,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    IsString({ message: 'must be a string' }),
    Length(1, LONGEST_TOKEN, { message: `must have 1 to ${LONGEST_TOKEN} characters` }),
  );

/** Optional text of a profile on one or more lines; null or an empty string clears it. */
export const ProfileField = (most: number, example: string, { lines = false } = {}) =>
  applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, maxLength: most, example }),
    IsOptional(),
    normalize(tidy),
    IsString({ message: 'must be a string' }),
    MaxLength(most, { message: `must have at most ${most} characters` }),
    Matches(lines ? /^[^\p{Cc}]*$|^[\P{Cc}\n\r\t]*$/u : /^\P{Cc}*$/u, {
      message: 'must not contain control characters',
    }),
  );

/** True or false, and nothing that looks like it. */
export const BooleanField = (description: string, example = true) =>
  applyDecorators(
    ApiProperty({ type: Boolean, example, description }),
    IsBoolean({ message: 'must be true or false' }),
  );

export const ChoiceField = (choices: readonly string[], example: string) =>
  applyDecorators(
    ApiProperty({ enum: [...choices], example }),
    IsIn(choices, { message: `must be one of ${choices.join(', ')}` }),
  );

/** Above another field: it may be left out, but null does not clear it. */
export const Omittable = () =>
  applyDecorators(
    ApiProperty({ required: false }),
    ValidateIf((_, value) => value !== undefined),
  );

/** A time with its zone (RFC 3339), in the DTO a Date; may be left out, or null. */
export const InstantField = (description?: string) =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      format: 'date-time',
      nullable: true,
      example: '2026-11-21T09:00:00Z',
      description,
    }),
    IsOptional(),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (parseInstant(value) ?? value) : value,
    ),
    IsDate({ message: 'must be a time with its zone, such as 2026-11-21T09:00:00Z' }),
  );
