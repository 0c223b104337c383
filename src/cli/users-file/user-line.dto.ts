import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsDate, IsIn, IsOptional, IsString, Matches, MinDate } from 'class-validator';
import { type Role, ROLES } from '../../common/access/principal';
import { EmailField, HasLength, UsernameField } from '../../common/http/fields';
import { UpdateMeDto } from '../../users/me.dto';
import { parseMoment } from './moment';

const change = (read: (value: unknown) => unknown) =>
  Transform(({ value }: { value: unknown }) => read(value));

/** true and false, which SQLite and MySQL write as 1 and 0. */
const FlagField = () =>
  applyDecorators(
    IsOptional(),
    change((value) => (value === 1 ? true : value === 0 ? false : value)),
    IsBoolean({ message: 'must be true or false' }),
  );

/** An id holds milliseconds since 1970, and no user is older. */
const MomentField = () =>
  applyDecorators(
    IsOptional(),
    change((value) => (typeof value === 'string' ? (parseMoment(value) ?? value) : value)),
    IsDate({ message: 'must be a time like 2026-11-21T09:00:00Z' }),
    MinDate(new Date(0), { message: 'must not be before 1970' }),
  );

const TextField = (most: number) =>
  applyDecorators(
    IsOptional(),
    IsString({ message: 'must be a string' }),
    HasLength(1, most),
    Matches(/^\P{Cc}*$/u, { message: 'must not contain control characters' }),
  );

/** Whatever a provider calls somebody. */
const SubjectField = () =>
  applyDecorators(IsString({ message: 'must be a string' }), HasLength(1, 255));

/** One line of a file of users: names and rules are those of the API wherever it has them. */
export class UserLineDto extends UpdateMeDto {
  @IsOptional()
  @change((value) => (typeof value === 'string' ? value.toLowerCase() : value))
  id?: string | null;

  @UsernameField()
  username: string;

  @EmailField({ optional: true })
  email?: string | null;

  @IsOptional()
  @IsString({ message: 'must be a string' })
  password_hash?: string | null;

  @FlagField()
  is_verified?: boolean | null;

  @MomentField()
  email_verified_at?: Date | null;

  @FlagField()
  is_active?: boolean | null;

  @IsOptional()
  @IsIn(ROLES, { message: `must be one of ${ROLES.join(', ')}` })
  role?: Role | null;

  @IsOptional()
  @Matches(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$/, { message: 'must be a language tag like en' })
  locale?: string | null;

  @MomentField()
  created_at?: Date | null;

  @MomentField()
  updated_at?: Date | null;

  @MomentField()
  last_login_at?: Date | null;

  @MomentField()
  premium_until?: Date | null;

  @TextField(255)
  customer_id?: string | null;

  @TextField(255)
  plan_id?: string | null;

  @TextField(255)
  subscription_id?: string | null;

  @TextField(255)
  subscription_status?: string | null;

  @MomentField()
  subscription_last_renew?: Date | null;

  @MomentField()
  subscription_next_renew?: Date | null;

  @MomentField()
  subscription_occurred_at?: Date | null;
}

/** A sign-in at a provider. */
export class IdentityLineDto {
  @Matches(/^[a-z][a-z0-9_]{1,30}$/, { message: 'must be the name of a provider, in lower case' })
  provider: string;

  @SubjectField()
  subject: string;

  @TextField(254)
  email?: string | null;
}
