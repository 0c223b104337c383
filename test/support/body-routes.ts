import type { Answer } from './api';
import { emailChangeToken, resetToken, verificationToken } from './links';
import { type Person, PASSWORD, signedIn, signIn, signUp, type Tokens } from './people';
import type { TestApp } from './test-app';

/** What a good body is made from. */
interface Actor {
  readonly person: Person;
  readonly tokens: Tokens;
  readonly unique: string;
}

/** A route that takes a body. Every field of `body` is a string. */
export interface BodyRoute {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly isForm?: boolean;
  readonly needsUser?: boolean;
  /** Fields that may be left out, or null. */
  readonly optional?: readonly string[];
  /** Of those, the ones that may be empty too. */
  readonly clearable?: readonly string[];
  body(actor: Actor, test: TestApp): Record<string, string> | Promise<Record<string, string>>;
}

const PROFILE = ['display_name', 'full_name', 'bio', 'avatar_url', 'niche_preference'];

const form = (path: string): BodyRoute => ({
  method: 'POST',
  path,
  isForm: true,
  body: ({ person }) => ({ username: person.username, password: PASSWORD }),
});

const profile = (path: string): BodyRoute => ({
  method: 'PATCH',
  path,
  needsUser: true,
  optional: PROFILE,
  clearable: PROFILE,
  body: () => ({
    display_name: 'Ada',
    full_name: 'Ada Lovelace',
    bio: 'Poetical science.',
    avatar_url: 'https://example.com/ada.png',
    niche_preference: 'mathematics',
  }),
});

/** Every POST and PATCH that takes strings of section 3 of the contract, the profile, the dialect. */
export const BODY_ROUTES: readonly BodyRoute[] = [
  {
    method: 'POST',
    path: 'auth/register',
    optional: ['full_name'],
    clearable: ['full_name'],
    body: ({ unique }) => ({
      username: unique,
      email: `${unique}@example.com`,
      password: PASSWORD,
      full_name: 'Ada Lovelace',
    }),
  },
  {
    method: 'POST',
    path: 'auth/login',
    body: ({ person }) => ({ username: person.username, password: PASSWORD }),
  },
  form('auth/login/form'),
  form('auth/token'),
  {
    method: 'POST',
    path: 'auth/refresh',
    body: ({ tokens }) => ({ refresh_token: tokens.refresh_token }),
  },
  {
    method: 'POST',
    path: 'auth/logout',
    needsUser: true,
    optional: ['refresh_token'],
    body: ({ tokens }) => ({ refresh_token: tokens.refresh_token }),
  },
  {
    method: 'POST',
    path: 'auth/password/change',
    needsUser: true,
    body: () => ({ current_password: PASSWORD, new_password: PASSWORD }),
  },
  {
    method: 'POST',
    path: 'auth/password/reset/request',
    body: ({ person }) => ({ email: person.email }),
  },
  {
    method: 'POST',
    path: 'auth/password/reset/confirm',
    body: async ({ person }, test) => ({
      token: await resetToken(test, person),
      new_password: PASSWORD,
    }),
  },
  {
    method: 'POST',
    path: 'auth/email/verification/request',
    needsUser: true,
    optional: ['email'],
    body: ({ person }) => ({ email: person.email }),
  },
  {
    method: 'POST',
    path: 'auth/email/verification/confirm',
    body: async ({ unique }, test) => ({
      token: await verificationToken(test, await signUp(test, unique)),
    }),
  },
  {
    method: 'POST',
    path: 'auth/email/change',
    needsUser: true,
    body: ({ unique }) => ({ new_email: `${unique}@example.com`, password: PASSWORD }),
  },
  {
    method: 'POST',
    path: 'auth/email/change/confirm',
    body: async ({ unique }, test) => {
      const { person, tokens } = await signedIn(test);
      return { token: await emailChangeToken(test, person, tokens, `${unique}@example.com`) };
    },
  },
  profile('users/me'),
  {
    method: 'POST',
    path: '/auth/create-user',
    body: ({ unique }) => ({
      username: unique,
      email: `${unique}@example.com`,
      password: PASSWORD,
    }),
  },
  form('/auth/token'),
  {
    method: 'POST',
    path: '/auth/refresh',
    body: ({ tokens }) => ({ refresh_token: tokens.refresh_token }),
  },
  profile('/auth/update-user'),
  {
    method: 'POST',
    path: '/auth/request-password-reset',
    body: ({ person }) => ({ email: person.email }),
  },
  {
    method: 'POST',
    path: '/auth/reset-password',
    body: async ({ person }, test) => ({
      token: await resetToken(test, person),
      new_password: PASSWORD,
    }),
  },
];

export const JSON_ROUTES = BODY_ROUTES.filter(({ isForm }) => !isForm);
export const FORM_ROUTES = BODY_ROUTES.filter(({ isForm }) => isForm);

/** Rows for `it.each`. */
export const named = (routes: readonly BodyRoute[]) =>
  routes.map((route) => [`${route.method} ${route.path}`, route] as const);

export const typeOf = ({ isForm = false }: BodyRoute): string =>
  isForm ? 'application/x-www-form-urlencoded' : 'application/json';

/** Sends bodies as they are, as somebody who is newly signed in each time. */
export class Sender {
  private person?: Person;
  private count = 0;

  constructor(private readonly test: TestApp) {}

  async goodBody(route: BodyRoute): Promise<Record<string, string>> {
    const actor = { ...(await this.actor()), unique: `unique${this.count++}` };
    return route.body(actor, this.test);
  }

  /** With the route's own content type unless `headers` say otherwise. */
  async send(
    route: BodyRoute,
    raw: string | Uint8Array | undefined,
    headers: Record<string, string> = { 'content-type': typeOf(route) },
  ): Promise<Answer> {
    const token = route.needsUser ? (await this.actor()).tokens.access_token : undefined;
    return this.test.api.call(route.method, route.path, { raw, headers, token });
  }

  /** As JSON or as a form, whatever the route takes. */
  sendFields(route: BodyRoute, fields: Record<string, unknown>): Promise<Answer> {
    const raw = route.isForm
      ? new URLSearchParams(fields as Record<string, string>).toString()
      : JSON.stringify(fields);
    return this.send(route, raw);
  }

  private async actor(): Promise<Pick<Actor, 'person' | 'tokens'>> {
    if (!this.person) {
      const first = await signedIn(this.test);
      this.person = first.person;
      return first;
    }
    return { person: this.person, tokens: await signIn(this.test, this.person) };
  }
}
