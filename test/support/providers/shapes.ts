import type { Paths } from './authorization-server';

/** Each may be anything: a provider can say what it likes. Undefined is left out. */
export interface LocalPerson {
  subject: unknown;
  email: unknown;
  emailVerified: unknown;
  name: unknown;
  username: unknown;
  picture: unknown;
}

/** How one provider differs from the next. */
export interface Shape {
  readonly paths: Paths & { readonly emails?: string };
  /** GitHub's tokens come as a form unless JSON is asked for. */
  readonly encodesTokens: boolean;
  /** GitHub's API refuses whoever does not say which program they are. */
  readonly wantsUserAgent: boolean;
  /** Without a scope, what it opens is not there. */
  user(person: LocalPerson, scopes: readonly string[]): unknown;
  /** Environment variables beside credentials and addresses, by what follows the prefix. */
  readonly settings: Readonly<Record<string, string>>;
}

const PLAIN = { encodesTokens: false, wantsUserAgent: false, settings: {} };

export const GOOGLE: Shape = {
  ...PLAIN,
  paths: {
    authorization: '/o/oauth2/v2/auth',
    token: '/oauth2/v4/token',
    // passport-google-oauth20 knows OIDC's user object by the end of this path.
    userinfo: '/oauth2/v3/userinfo',
  },
  user: ({ subject, email, emailVerified, name, picture }, scopes) => ({
    sub: subject,
    ...(scopes.includes('profile') && { name, given_name: firstWord(name), picture }),
    ...(scopes.includes('email') && { email, email_verified: emailVerified }),
  }),
};

export const DISCORD: Shape = {
  ...PLAIN,
  paths: {
    authorization: '/oauth2/authorize',
    token: '/api/oauth2/token',
    userinfo: '/api/users/@me',
  },
  user: ({ subject, email, emailVerified, name, username, picture }, scopes) => ({
    ...(scopes.includes('identify') && {
      id: subject,
      username,
      global_name: name,
      avatar: picture,
    }),
    ...(scopes.includes('email') && { email, verified: emailVerified }),
  }),
};

export const GITHUB: Shape = {
  encodesTokens: true,
  wantsUserAgent: true,
  paths: {
    authorization: '/login/oauth/authorize',
    token: '/login/oauth/access_token',
    userinfo: '/user',
    emails: '/user/emails',
  },
  user: ({ subject, name, username, picture }) => ({
    id: typeof subject === 'string' && /^\d+$/.test(subject) ? Number(subject) : subject,
    login: username,
    name,
    avatar_url: picture,
    // Null for whoever keeps it private: that is what the list of addresses is for.
    email: null,
  }),
  settings: {
    SCOPE: 'read:user user:email',
    FIELDS: 'subject=id,name=name,username=login,picture=avatar_url',
  },
};

const firstWord = (name: unknown): unknown =>
  typeof name === 'string' ? name.split(' ')[0] : name;
