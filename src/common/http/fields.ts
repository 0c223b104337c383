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
  Matches,
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

/**
 * Trimmed, in lower case, NFC: two spellings of one mailbox are one account. Composed last, since
 * some letters are one in lower case only: J with a caron.
 */
export const tidyEmail = (text: string): string => tidy(text).toLowerCase().normalize('NFC');

/**
 * Counts characters as JSON Schema does. Not Length and MaxLength, which count a letter with a
 * variation selector as one: twice as much would come in as was said.
 */
export const HasLength = (least: number, most: number) =>
  Matches(new RegExp(`^.{${least},${most}}$`, 'su'), {
    message: `must have ${least === 0 ? 'at most' : `${least} to`} ${most} characters`,
  });

/** As `tidyEmail` has it. */
export const EmailField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      format: 'email',
      example: 'ada@example.com',
      maxLength: LONGEST_EMAIL,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    normalize(tidyEmail),
    IsString({ message: 'must be a string' }),
    HasLength(0, LONGEST_EMAIL),
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

/** No name has characters that nobody sees; one copied from a mail may (see `unlinkable` there). */
const seen = (text: string): string => tidy(text.replaceAll(/\p{Cf}/gu, ''));

/** A username or an e-mail address, as typed or pasted at sign-in. */
export const LoginNameField = () =>
  applyDecorators(
    ApiProperty({
      example: 'ada',
      description: 'username or e-mail address',
      minLength: 1,
      maxLength: LONGEST_EMAIL,
    }),
    normalize(seen),
    IsString({ message: 'must be a string' }),
    HasLength(1, LONGEST_EMAIL),
  );

/** A password to be checked: taken as it is. */
export const PasswordField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      example: 'correct horse battery',
      format: 'password',
      minLength: 1,
      maxLength: LONGEST_PASSWORD,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    IsString({ message: 'must be a string' }),
    HasLength(1, LONGEST_PASSWORD),
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
    HasLength(NEW_PASSWORD.least, NEW_PASSWORD.most),
  );

/** A JWT. Whether it is a good one is not for validation to say. */
export const TokenField = ({ optional = false } = {}) =>
  applyDecorators(
    ApiProperty({
      example: 'eyJhbGciOiJIUzI1NiIs…',
      minLength: 1,
      maxLength: LONGEST_TOKEN,
      required: !optional,
    }),
    ...(optional ? [IsOptional()] : []),
    IsString({ message: 'must be a string' }),
    HasLength(1, LONGEST_TOKEN),
  );

/** Optional text of a profile on one or more lines; null or an empty string clears it. */
export const ProfileField = (most: number, example: string, { lines = false } = {}) =>
  applyDecorators(
    ApiPropertyOptional({ type: String, nullable: true, maxLength: most, example }),
    IsOptional(),
    normalize(tidy),
    IsString({ message: 'must be a string' }),
    HasLength(0, most),
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
