import Strategy from 'passport-discord';
import type { VerifyCallback } from 'passport-oauth2';
import type { OutboundHttp } from '../../common/http/outbound-http';
import type { FieldMap } from '../../config/oauth-settings';
import type { ActiveProvider } from './oauth-provider';
import { callThrough, clientOf, flowStateStore } from './passport-attempt';
import { PassportProvider } from './passport.provider';
import { type ProviderProfile, readProfile } from './provider-profile';

const PROFILE_URL = 'https://discord.com/api/users/@me';

const FIELDS: FieldMap = {
  subject: 'id',
  email: 'email',
  emailVerified: 'verified',
  name: 'global_name',
  username: 'username',
  picture: null,
};

type Done = (error: unknown, profile?: unknown) => void;

/**
 * passport-discord, with the one method replaced that is unsound in it: it asks a fixed URL, calls
 * back twice where guilds cannot be read, and leaves the access token on the profile.
 */
class SoundStrategy extends Strategy {
  profileUrl = PROFILE_URL;

  override userProfile(accessToken: string, done: Done): void {
    clientOf(this).get(this.profileUrl, accessToken, (error, body) => {
      if (error) return done(error);
      try {
        done(null, JSON.parse(body ?? ''));
      } catch (fault) {
        done(fault);
      }
    });
  }
}

export function discordProvider(
  { displayName, client, authorizationUrl, tokenUrl, userinfoUrl, redirectUri }: ActiveProvider,
  http: OutboundHttp,
  onlyPublic: boolean,
): PassportProvider {
  const strategy = new SoundStrategy(
    {
      clientID: client.id,
      clientSecret: client.secret,
      callbackURL: redirectUri,
      scope: ['identify', 'email'],
      pkce: true,
      store: flowStateStore,
      ...(authorizationUrl && { authorizationURL: authorizationUrl }),
      ...(tokenUrl && { tokenURL: tokenUrl }),
    } as never,
    (_accessToken: string, _refreshToken: string, profile: unknown, done: VerifyCallback) =>
      done(null, profile as Express.User),
  );
  if (userinfoUrl) strategy.profileUrl = userinfoUrl;
  callThrough(http, clientOf(strategy), onlyPublic);
  return new PassportProvider('discord', displayName, strategy, readDiscordProfile);
}

/** Discord names a picture by the hash it has on its content network. */
function readDiscordProfile(claims: unknown): ProviderProfile {
  const profile = readProfile(claims, FIELDS);
  const { avatar } = claims as { avatar?: unknown };
  const hasPicture = typeof avatar === 'string' && /^\w{1,64}$/.test(avatar);
  const folder = `https://cdn.discordapp.com/avatars/${encodeURIComponent(profile.subject)}`;
  return hasPicture ? { ...profile, picture: `${folder}/${avatar}.png` } : profile;
}
