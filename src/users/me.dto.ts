import { IsUrl, ValidateIf } from 'class-validator';
import { ProfileField } from '../common/http/fields';
import type { Profile } from './users.repository';

/** What the address of an avatar is held to, for validator's `isURL`. */
export const AVATAR_URL = {
  protocols: ['http', 'https'],
  require_protocol: true,
  require_tld: false,
};

export class UpdateMeDto {
  @ProfileField(100, 'Ada')
  display_name?: string | null;

  @ProfileField(100, 'Ada Lovelace')
  full_name?: string | null;

  @ProfileField(2000, 'Poetical science.', { lines: true })
  bio?: string | null;

  @ProfileField(2048, 'https://example.com/ada.png')
  @ValidateIf((_, value) => value !== '' && value !== null && value !== undefined)
  @IsUrl(AVATAR_URL, { message: 'must be a URL that starts with http:// or https://' })
  avatar_url?: string | null;

  @ProfileField(100, 'mathematics')
  niche_preference?: string | null;
}

export const toProfile = (body: UpdateMeDto): Partial<Profile> => ({
  displayName: body.display_name,
  fullName: body.full_name,
  bio: body.bio,
  avatarUrl: body.avatar_url,
  nichePreference: body.niche_preference,
});
