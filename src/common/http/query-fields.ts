import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
} from 'class-validator';
import { parseInstant } from '../time/instant';
import { HasLength } from './fields';

/** Query parameters that recur, as `fields.ts` has those of bodies. All of them may be left out. */

const LONGEST_CURSOR = 512;

/** What a query has is text, or a list where a name comes twice: that stays, and is refused. */
const read = (as: (text: string) => unknown) =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? as(value) : value));

interface Range {
  readonly least: number;
  readonly most: number;
  readonly fallback?: number;
  readonly description?: string;
  /** What to do about one beyond the range. */
  readonly advice?: string;
}

export function IntegerQuery({ least, most, fallback, description, advice = '' }: Range) {
  const message = `must be an integer from ${least} to ${most}${advice}`;
  return applyDecorators(
    ApiPropertyOptional({
      type: 'integer',
      minimum: least,
      maximum: most,
      default: fallback,
      example: fallback ?? least,
      description,
    }),
    IsOptional(),
    read((text) => (/^\d{1,15}$/.test(text) ? Number(text) : text)),
    IsInt({ message }),
    Min(least, { message }),
    Max(most, { message }),
  );
}

export const BooleanQuery = (description?: string) =>
  applyDecorators(
    ApiPropertyOptional({ type: Boolean, example: true, description }),
    IsOptional(),
    read((text) => ({ true: true, false: false })[text] ?? text),
    IsBoolean({ message: 'must be true or false' }),
  );

export const ChoiceQuery = (choices: readonly string[], description?: string, fallback?: string) =>
  applyDecorators(
    ApiPropertyOptional({
      enum: [...choices],
      default: fallback,
      example: fallback ?? choices[0],
      description,
    }),
    IsOptional(),
    IsIn(choices, { message: `must be one of ${choices.join(', ')}` }),
  );

/** NFC and trimmed, as names are stored. */
export const SearchQuery = (most: number, example: string, description?: string) =>
  applyDecorators(
    ApiPropertyOptional({ type: String, minLength: 1, maxLength: most, example, description }),
    IsOptional(),
    read((text) => text.normalize('NFC').trim()),
    IsString({ message: 'must be given once' }),
    HasLength(1, most),
  );

/** Where a list goes on. What is in it is for `readCursor` to judge. */
export const CursorQuery = () =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      minLength: 1,
      maxLength: LONGEST_CURSOR,
      example: 'WyJrM0p2…',
      description: 'from the `Link` header of the page before; with the same filters and order',
    }),
    IsOptional(),
    IsString({ message: 'must be given once' }),
    HasLength(1, LONGEST_CURSOR),
  );

export const UuidQuery = (description?: string) =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      format: 'uuid',
      example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
      description,
    }),
    IsOptional(),
    read((text) => text.toLowerCase()),
    IsUUID('loose', { message: 'must be a UUID' }),
  );

/** A Date in the DTO. */
export const InstantQuery = (description?: string) =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      format: 'date-time',
      example: '2026-11-21T09:00:00Z',
      description,
    }),
    IsOptional(),
    read((text) => parseInstant(text) ?? text),
    IsDate({ message: 'must be a time with its zone, such as 2026-11-21T09:00:00Z' }),
  );
