import { ApiProperty } from '@nestjs/swagger';
import type { Role } from '../common/access/principal';
import { ROLES } from '../common/access/principal';
import { type Account, isPremium } from './account';

/** A user as their owner and admins see them. Never a hash, a token or a stamp. */
export class UserDto {
  @ApiProperty({ format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' })
  id: string;

  @ApiProperty({ example: 'ada' })
  username: string;

  @ApiProperty({ type: String, nullable: true, format: 'email', example: 'ada@example.com' })
  email: string | null;

  @ApiProperty({ example: true })
  is_verified: boolean;

  @ApiProperty({ example: true })
  is_active: boolean;

  @ApiProperty({ description: 'has no password: signs in through a provider only', example: false })
  is_oauth: boolean;

  @ApiProperty({ enum: ROLES, example: 'user' })
  role: Role;

  @ApiProperty({ type: String, nullable: true, example: 'Ada' })
  display_name: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Ada Lovelace' })
  full_name: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Poetical science.' })
  bio: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/ada.png' })
  avatar_url: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'mathematics' })
  niche_preference: string | null;

  @ApiProperty({ example: false })
  is_premium: boolean;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', example: null })
  premium_until: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  created_at: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  updated_at: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-11-21T09:05:00.000Z',
  })
  last_login_at: string | null;
}

export const toUserDto = (account: Account, now: Date): UserDto => ({
  id: account.id,
  username: account.username,
  email: account.email,
  is_verified: account.emailVerifiedAt !== null,
  is_active: account.isActive,
  is_oauth: account.passwordHash === null,
  role: account.role,
  display_name: account.displayName,
  full_name: account.fullName,
  bio: account.bio,
  avatar_url: account.avatarUrl,
  niche_preference: account.nichePreference,
  is_premium: isPremium(account, now),
  premium_until: account.premiumUntil?.toISOString() ?? null,
  created_at: account.createdAt.toISOString(),
  updated_at: account.updatedAt.toISOString(),
  last_login_at: account.lastLoginAt?.toISOString() ?? null,
});
