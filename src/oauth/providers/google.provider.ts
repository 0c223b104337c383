import { type Profile, Strategy } from 'passport-google-oauth20';
import type { OutboundHttp } from '../../common/http/outbound-http';
import type { FieldMap } from '../../config/oauth-settings';
import type { ActiveProvider } from './oauth-provider';
import { callThrough, clientOf, flowStateStore } from './passport-attempt';
import { PassportProvider } from './passport.provider';
import { readProfile } from './provider-profile';

/** OIDC's standard claims, which the strategy keeps whole beside its own reading of them. */
const FIELDS: FieldMap = {
  subject: 'sub',
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  username: null,
  picture: 'picture',
};

export function googleProvider(
  { displayName, client, authorizationUrl, tokenUrl, userinfoUrl, redirectUri }: ActiveProvider,
  http: OutboundHttp,
  onlyPublic: boolean,
): PassportProvider {
  const strategy = new Strategy(
    {
      clientID: client.id,
      clientSecret: client.secret,
      callbackURL: redirectUri,
      scope: ['openid', 'email', 'profile'],
      pkce: true,
      store: flowStateStore,
      ...(authorizationUrl && { authorizationURL: authorizationUrl }),
      ...(tokenUrl && { tokenURL: tokenUrl }),
      ...(userinfoUrl && { userProfileURL: userinfoUrl }),
    },
    (_accessToken, _refreshToken, profile, done) => done(null, profile),
  );
  callThrough(http, clientOf(strategy), onlyPublic);
  return new PassportProvider('google', displayName, strategy, (profile) =>
    readProfile((profile as Profile)._json, FIELDS),
  );
}
