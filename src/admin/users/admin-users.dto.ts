import { type Role, ROLES } from '../../common/access/principal';
import {
  BooleanField,
  ChoiceField,
  EmailField,
  NewPasswordField,
  Omittable,
  ProfileField,
  UsernameField,
} from '../../common/http/fields';
import type { AccountChange } from '../../users/account-changes.service';
import { toProfile, UpdateMeDto } from '../../users/me.dto';
import type { WantedUser } from './user-creation.service';

export class CreateUserDto {
  @UsernameField()
  username: string;

  @EmailField()
  email: string;

  @Omittable()
  @NewPasswordField()
  password?: string;

  @Omittable()
  @ChoiceField(ROLES, 'user')
  role?: Role;

  @ProfileField(100, 'Ada Lovelace')
  full_name?: string | null;

  @Omittable()
  @BooleanField('the address is known to be theirs: no verification mail is sent')
  is_verified?: boolean;

  @Omittable()
  @BooleanField('instead of a password: mails a link that sets one', false)
  send_invitation?: boolean;
}

export const toWantedUser = (body: CreateUserDto): WantedUser => ({
  username: body.username,
  email: body.email,
  fullName: body.full_name ?? null,
  role: body.role ?? 'user',
  password: body.password,
  isInvited: body.send_invitation ?? false,
  isVerified: body.is_verified ?? false,
});

export class UpdateUserDto extends UpdateMeDto {
  @Omittable()
  @UsernameField()
  username?: string;

  @Omittable()
  @EmailField()
  email?: string;

  @Omittable()
  @ChoiceField(ROLES, 'user')
  role?: Role;

  @Omittable()
  @BooleanField('false ends all sessions, and true revives none')
  is_active?: boolean;

  @Omittable()
  @BooleanField('without it, a new address is not verified and gets a verification mail')
  is_verified?: boolean;
}

export const toAccountChange = (body: UpdateUserDto): AccountChange => ({
  ...toProfile(body),
  username: body.username,
  email: body.email,
  role: body.role,
  isActive: body.is_active,
  isVerified: body.is_verified,
});
