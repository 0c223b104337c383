import { ApiProperty, PickType } from '@nestjs/swagger';
import { type Role, ROLES } from '../../common/access/principal';
import {
  BooleanQuery,
  ChoiceQuery,
  CursorQuery,
  IntegerQuery,
  SearchQuery,
} from '../../common/http/query-fields';
import type { Account } from '../account';
import { UserDto } from '../user.dto';
import type { UserStats } from './directory.service';
import { LIST_ORDERS, type ListOrder } from './list-order';

const FARTHEST_SKIP = 10_000;

export class ListUsersDto {
  @IntegerQuery({
    least: 0,
    most: FARTHEST_SKIP,
    advice: '; beyond, follow the cursor in the Link header',
    description: 'how many to leave out; not together with a cursor',
  })
  skip?: number;

  @IntegerQuery({ least: 1, most: 100, fallback: 20 })
  limit: number = 20;

  @ChoiceQuery(ROLES, 'admins only')
  role?: Role;

  @BooleanQuery('admins only; disabled users are shown to nobody else')
  is_active?: boolean;

  @SearchQuery(
    100,
    'ada',
    'part of a username or display name or, for admins, of an e-mail address or full name. ' +
      'One or two characters are looked for at the beginning only.',
  )
  q?: string;

  @ChoiceQuery(LIST_ORDERS, '`-` is for descending; last_login_at for admins only', '-created_at')
  sort: ListOrder = '-created_at';

  @CursorQuery()
  cursor?: string;
}

/** A user as other users see them. */
export class PublicProfileDto extends PickType(UserDto, [
  'id',
  'username',
  'display_name',
  'bio',
  'avatar_url',
  'created_at',
]) {}

export const toPublicProfileDto = (account: Account): PublicProfileDto => ({
  id: account.id,
  username: account.username,
  display_name: account.displayName,
  bio: account.bio,
  avatar_url: account.avatarUrl,
  created_at: account.createdAt.toISOString(),
});

class UsersByRoleDto implements Record<Role, number> {
  @ApiProperty({ type: 'integer', example: 2 })
  admin: number;

  @ApiProperty({ type: 'integer', example: 1200 })
  user: number;

  @ApiProperty({ type: 'integer', example: 40 })
  guest: number;
}

export class UserStatsDto {
  @ApiProperty({ type: 'integer', example: 1242 })
  total_users: number;

  @ApiProperty({ description: 'disabled users are counted too' })
  by_role: UsersByRoleDto;

  @ApiProperty({ type: 'integer', example: 1230 })
  active: number;

  @ApiProperty({ type: 'integer', example: 12 })
  disabled: number;

  @ApiProperty({ type: 'integer', example: 1100 })
  verified: number;

  @ApiProperty({ type: 'integer', example: 142 })
  unverified: number;

  @ApiProperty({ type: 'integer', example: 87 })
  registered_last_30_days: number;
}

export const toUserStatsDto = (stats: UserStats): UserStatsDto => ({
  total_users: stats.total,
  by_role: { admin: stats.admins, user: stats.users, guest: stats.guests },
  active: stats.active,
  disabled: stats.total - stats.active,
  verified: stats.verified,
  unverified: stats.total - stats.verified,
  registered_last_30_days: stats.recent,
});
