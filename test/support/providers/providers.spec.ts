import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as openid from 'openid-client';
import type { Answer } from '../api';
import { until } from '../until';
import type { AuthorizationServer } from './authorization-server';
import { CookieJar } from './cookie-jar';
import { HANGS, RawReply } from './faults';
import { LocalProvider } from './oauth-provider';
import { LocalOidc } from './oidc-provider';
import { DISCORD, GITHUB, GOOGLE, type Shape } from './shapes';
import { UserAgent } from './user-agent';

const HOME = 'http://127.0.0.1:1/auth/oauth/callback/acme';
const VERIFIER = 'a-verifier-of-forty-three-characters-at-least';
const SCOPES = 'openid email profile identify user:email';

const register = () => ({ clientId: 'gatehouse', clientSecret: 's3cret', redirectUris: [HOME] });

type Server = AuthorizationServer<object>;
type Asked = Pick<Server, 'urls'>;
/** Null takes a parameter away. */
type Changes = Readonly<Record<string, string | null>>;

const opened: Pick<Server, 'close'>[] = [];
afterEach(() => Promise.all(opened.splice(0).map((server) => server.close())));

async function openProvider(shape: Shape = GOOGLE): Promise<LocalProvider> {
  const provider = await LocalProvider.open(shape, register());
  opened.push(provider);
  return provider;
}

async function openOidc(): Promise<LocalOidc> {
  const oidc = await LocalOidc.open(register());
  opened.push(oidc);
  return oidc;
}

/** A plain provider and an OpenID one: what is told of both is true of both. */
const BOTH = [
  ['plain', openProvider as unknown as () => Promise<Server>],
  ['OpenID', openOidc as unknown as () => Promise<Server>],
] as const;

const changed = (parameters: Record<string, string>, changes: Changes): URLSearchParams =>
  new URLSearchParams(
    Object.entries({ ...parameters, ...changes }).filter(
      (pair): pair is [string, string] => pair[1] !== null,
    ),
  );

function authorizationUrl(server: Asked, changes: Changes = {}): string {
  const parameters = changed(
    {
      response_type: 'code',
      client_id: 'gatehouse',
      redirect_uri: HOME,
      scope: SCOPES,
      state: 'st&te',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
    },
    changes,
  );
  return `${server.urls.authorization}?${parameters.toString()}`;
}

const agent = new UserAgent();

const backHome = ({ headers }: Answer): Record<string, string> =>
  Object.fromEntries(new URL(headers.get('location')!).searchParams);

async function codeFrom(server: Asked, changes: Changes = {}): Promise<string> {
  return backHome(await agent.get(authorizationUrl(server, changes)))['code']!;
}

const redeem = (
  server: Asked,
  code: string,
  changes: Changes = {},
  headers: Record<string, string> = {},
): Promise<Answer> =>
  agent.post(
    server.urls.token,
    changed(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: HOME,
        code_verifier: VERIFIER,
        client_id: 'gatehouse',
        client_secret: 's3cret',
      },
      changes,
    ),
    { accept: 'application/json', ...headers },
  );

async function tokenFrom(server: Asked, changes: Changes = {}): Promise<string> {
  const answer = await redeem(server, await codeFrom(server, changes));
  return answer.body.access_token;
}

const whoIs = (url: string, accessToken: string): Promise<Answer> =>
  agent.get(url, { authorization: `Bearer ${accessToken}` });

describe.each(BOTH)('at the authorization endpoint of a provider that is %s', (_, open) => {
  let server: Server;
  beforeEach(async () => {
    server = await open();
  });

  it('gives a code, and the state as it came', async () => {
    const answer = await agent.get(authorizationUrl(server));
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toMatch(`${HOME}?code=`);
    expect(backHome(answer)).toEqual({ code: expect.any(String), state: 'st&te' });
  });

  it.each<Changes>([
    { redirect_uri: `${HOME}/` },
    { redirect_uri: `${HOME}?next=/` },
    { redirect_uri: 'http://127.0.0.1:1' },
    { redirect_uri: null },
    { client_id: 'another' },
    { client_id: null },
  ])('sends nobody to a stranger: %j', async (changes) => {
    const answer = await agent.get(authorizationUrl(server, changes));
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.headers.get('content-type')).toMatch('text/html');
  });

  it.each<[string, Changes]>([
    ['invalid_request', { code_challenge: null, code_challenge_method: null }],
    ['invalid_request', { code_challenge: null }],
    ['invalid_request', { code_challenge: 'short' }],
    ['invalid_request', { code_challenge_method: null }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { response_type: null }],
    ['unsupported_response_type', { response_type: 'token' }],
  ])('sends back %s for %j', async (error, changes) => {
    const answer = backHome(await agent.get(authorizationUrl(server, changes)));
    expect(answer).toEqual({ error, error_description: expect.any(String), state: 'st&te' });
  });

  it('sends back what it is told to, and as whom', async () => {
    server.authorizationError = 'temporarily_unavailable';
    server.iss = 'https://issuer.example.com';
    expect(backHome(await agent.get(authorizationUrl(server)))).toEqual({
      error: 'temporarily_unavailable',
      state: 'st&te',
      iss: 'https://issuer.example.com',
    });
  });

  it('asks first when told to, and takes both answers', async () => {
    server.approvesAtOnce = false;
    server.person = { ...server.person, name: '<b>Ada' };
    const url = authorizationUrl(server);
    const page = await agent.get(url);
    expect(page.text).toMatch('Continue as &#60;b&#62;Ada');
    const press = async (decision: string) =>
      backHome(await agent.post(url, new URLSearchParams({ decision })));
    expect(await press('cancel')).toEqual({ error: 'access_denied', state: 'st&te' });
    expect(await press('continue')).toEqual({ code: expect.any(String), state: 'st&te' });
  });
});

describe.each(BOTH)('at the token endpoint of a provider that is %s', (_, open) => {
  let server: Server;
  let code: string;
  beforeEach(async () => {
    server = await open();
    code = await codeFrom(server);
  });

  it('takes the secret in the body or by HTTP Basic, not both', async () => {
    const secret = Buffer.from('gatehouse:s3cret').toString('base64');
    const authorization = { authorization: `Basic ${secret}` };
    const twice = await redeem(server, code, {}, authorization);
    expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request']);
    const inHeader = { client_id: null, client_secret: null };
    expect((await redeem(server, code, inHeader, authorization)).status).toBe(200);
    expect((await redeem(server, await codeFrom(server))).status).toBe(200);
    expect(server.tokenRequests).toBe(3);
  });

  it.each<[number, string, Changes]>([
    [400, 'invalid_grant', { code_verifier: `${VERIFIER}x` }],
    [400, 'invalid_request', { code_verifier: null }],
    [400, 'invalid_request', { code_verifier: 'short' }],
    [400, 'invalid_grant', { redirect_uri: `${HOME}/` }],
    [400, 'invalid_grant', { redirect_uri: null }],
    [400, 'invalid_grant', { code: 'made-up' }],
    [400, 'invalid_request', { code: null }],
    [400, 'invalid_request', { grant_type: null }],
    [400, 'unsupported_grant_type', { grant_type: 'password' }],
    [401, 'invalid_client', { client_secret: 'wrong' }],
    [401, 'invalid_client', { client_secret: null }],
    [401, 'invalid_client', { client_id: 'another' }],
  ])('answers %i %s to %j', async (status, error, changes) => {
    const answer = await redeem(server, code, changes);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it('takes a code once, counts the replay, and ends the token it gave', async () => {
    const { body } = await redeem(server, code);
    expect((await whoIs(server.urls.userinfo, body.access_token)).status).toBe(200);
    const replay = await redeem(server, code);
    expect([replay.status, replay.body.error]).toEqual([400, 'invalid_grant']);
    expect(server.replays).toBe(1);
    expect((await whoIs(server.urls.userinfo, body.access_token)).status).toBe(401);
  });

  it('spends a code on a wrong verifier', async () => {
    await redeem(server, code, { code_verifier: `${VERIFIER}x` });
    expect((await redeem(server, code)).body.error).toBe('invalid_grant');
  });

  it("leaves another client's code alone", async () => {
    server.clients.push({ id: 'another', secret: 'other', redirectUris: [HOME] });
    const another = { client_id: 'another', client_secret: 'other' };
    expect((await redeem(server, code, another)).body.error).toBe('invalid_grant');
    expect((await redeem(server, code)).status).toBe(200);
  });

  it('notices secrets in the URL', async () => {
    const answer = await agent.post(
      `${server.urls.token}?client_secret=s3cret`,
      new URLSearchParams({ grant_type: 'authorization_code', code }),
    );
    expect(answer.status).toBe(400);
    expect(server.violations).toEqual([expect.stringMatching('secrets in the URL')]);
  });

  it('wants one form, and each parameter once', async () => {
    const form = new URLSearchParams({ grant_type: 'authorization_code', code });
    form.append('code', code);
    expect((await agent.post(server.urls.token, form)).body.error).toBe('invalid_request');
    expect((await agent.post(server.urls.token, { code })).body.error).toBe('invalid_request');
    expect((await agent.get(server.urls.token)).body.error).toBe('invalid_request');
  });
});

describe.each(BOTH)('at the user object of a provider that is %s', (_, open) => {
  let server: Server;
  let accessToken: string;
  beforeEach(async () => {
    server = await open();
    accessToken = await tokenFrom(server);
  });

  it('takes the access token in the header only', async () => {
    const { userinfo } = server.urls;
    expect((await whoIs(userinfo, accessToken)).status).toBe(200);
    expect((await whoIs(userinfo, 'made-up')).status).toBe(401);
    expect((await agent.get(userinfo)).headers.get('www-authenticate')).toBe('Bearer');
    expect(server.violations).toEqual([]);
    const inQuery = await agent.get(`${userinfo}?access_token=${accessToken}`);
    const inBody = await agent.post(userinfo, new URLSearchParams({ access_token: accessToken }));
    expect([inQuery.status, inBody.status, server.violations.length]).toEqual([400, 400, 2]);
    expect(server.issuedTokens).toEqual([accessToken]);
  });

  it('stays with the person of the moment of consent', async () => {
    const before = await whoIs(server.urls.userinfo, accessToken);
    server.person = {};
    expect((await whoIs(server.urls.userinfo, accessToken)).text).toBe(before.text);
    expect((await whoIs(server.urls.userinfo, await tokenFrom(server))).body).toEqual({});
  });

  it('says whatever a test makes it say', async () => {
    const says = async (value: unknown) => {
      server.userinfo = () => value;
      const { status, text } = await whoIs(server.urls.userinfo, accessToken);
      return [status, text];
    };
    expect(await says([null])).toEqual([200, '[null]']);
    expect(await says('{ "sub" : 1 }')).toEqual([200, '{ "sub" : 1 }']);
    expect(await says(new RawReply(418, '<tea>', 'text/html'))).toEqual([418, '<tea>']);
    const asked = server.seen.length;
    const hanging = says(HANGS);
    await until(() => server.seen.length > asked);
    await Promise.all([server.close(), expect(hanging).rejects.toThrow('fetch failed')]);
  });

  it('shows when the override itself fails', async () => {
    server.userinfo = () => {
      throw new Error('a slip in a test');
    };
    await expect(whoIs(server.urls.userinfo, accessToken)).rejects.toThrow('fetch failed');
    expect(server.violations).toEqual([expect.stringMatching('a slip in a test')]);
  });
});

describe('the shapes', () => {
  const objectOf = async (shape: Shape, scope = SCOPES) => {
    const provider = await openProvider(shape);
    const accessToken = await tokenFrom(provider, { scope });
    return (await whoIs(provider.urls.userinfo, accessToken)).body;
  };

  it('are those of Google, Discord and GitHub', async () => {
    const picture = 'https://pictures.example.com/ada.png';
    expect(await objectOf(GOOGLE)).toEqual({
      sub: '1815121018521127',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      picture,
      email: 'ada@example.com',
      email_verified: true,
    });
    expect(await objectOf(DISCORD)).toEqual({
      id: '1815121018521127',
      username: 'ada',
      global_name: 'Ada Lovelace',
      avatar: picture,
      email: 'ada@example.com',
      verified: true,
    });
    expect(await objectOf(GITHUB)).toEqual({
      id: 1815121018521127,
      login: 'ada',
      name: 'Ada Lovelace',
      avatar_url: picture,
      email: null,
    });
  });

  it('hide what no scope opens', async () => {
    expect(await objectOf(GOOGLE, 'openid')).toEqual({ sub: '1815121018521127' });
    expect(Object.keys(await objectOf(DISCORD, 'email'))).toEqual(['email', 'verified']);
  });

  it("include GitHub's ways: a list of addresses, tokens as a form, a program's name", async () => {
    const provider = await openProvider(GITHUB);
    const { emails, token, userinfo } = provider.urls;
    const accessToken = await tokenFrom(provider);
    const address = { email: 'ada@example.com', primary: true, verified: true };
    expect((await whoIs(emails!, accessToken)).body).toEqual([address]);
    provider.emails = () => [];
    expect((await whoIs(emails!, accessToken)).body).toEqual([]);
    provider.emailsFault = 'status500';
    expect((await whoIs(emails!, accessToken)).status).toBe(500);
    const asForm = await redeem(provider, await codeFrom(provider), {}, { accept: '*/*' });
    expect(asForm.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(asForm.text).get('token_type')).toBe('Bearer');
    const nameless = { authorization: `Bearer ${accessToken}`, 'user-agent': '' };
    expect((await agent.get(userinfo, nameless)).status).toBe(403);
    expect(provider.env('HUB')).toEqual({
      HUB_CLIENT_ID: 'gatehouse',
      HUB_CLIENT_SECRET: 's3cret',
      HUB_AUTHORIZATION_URL: provider.urls.authorization,
      HUB_TOKEN_URL: token,
      HUB_USERINFO_URL: userinfo,
      HUB_EMAILS_URL: emails,
      HUB_SCOPE: 'read:user user:email',
      HUB_FIELDS: 'subject=id,name=name,username=login,picture=avatar_url',
    });
  });

  it('record what came', async () => {
    const provider = await openProvider();
    const code = await codeFrom(provider);
    await redeem(provider, code);
    expect(provider.seen).toMatchObject([
      { method: 'GET', path: '/o/oauth2/v2/auth', query: { state: 'st&te' }, form: null },
      { method: 'POST', path: '/oauth2/v4/token', query: {}, form: { code } },
    ]);
  });
});

describe.each(BOTH)('a fault of a provider that is %s', (_, open) => {
  const raw = (url: string, accessToken: string) =>
    fetch(url, { redirect: 'manual', headers: { authorization: `Bearer ${accessToken}` } });

  it.each([
    ['status500', 500, /server_error/],
    ['html', 200, /^<!doctype html>/],
    ['notJson', 200, /^\{"access_token": $/],
    ['huge', 200, /^ {2097152}\{"sub":/],
    [{ redirect: 'http://10.0.0.1/' }, 302, /^$/],
  ] as const)('is %j', async (fault, status, text) => {
    const server = await open();
    const accessToken = await tokenFrom(server);
    server.userinfoFault = fault;
    const answer = await raw(server.urls.userinfo, accessToken);
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringMatching(text)]);
  });

  it.each(['reset', 'hang', 'stall'] as const)('is %s', async (fault) => {
    const server = await open();
    server.tokenFault = fault;
    const answer = redeem(server, await codeFrom(server));
    const failure = answer.catch((reason: Error) => reason.message);
    await until(() => server.tokenRequests === 1);
    if (fault !== 'reset') await server.close();
    expect(await failure).toMatch(/fetch failed|terminated/);
  });

  it.each([
    ['noToken', { token_type: 'Bearer', expires_in: 3600 }],
    ['errorWith200', { error: 'bad_verification_code', error_description: 'No.' }],
  ] as const)('is %s', async (fault, body) => {
    const server = await open();
    server.tokenFault = fault;
    expect(await redeem(server, await codeFrom(server))).toMatchObject({ status: 200, body });
  });

  it('leaves a good answer in one that is huge', async () => {
    const server = await open();
    server.tokenFault = 'huge';
    const { body, text } = await redeem(server, await codeFrom(server));
    expect([body.access_token, text.length > 2 ** 21]).toEqual([server.issuedTokens[0], true]);
  });
});

describe('an OpenID provider, as a certified client sees it', () => {
  const NONCE = 'a-nonce';
  let oidc: LocalOidc;
  beforeEach(async () => {
    oidc = await openOidc();
  });

  const discover = async () => {
    const { ACME_ISSUER, ACME_CLIENT_ID, ACME_CLIENT_SECRET } = oidc.env('ACME');
    const execute = [openid.allowInsecureRequests];
    const issuer = new URL(ACME_ISSUER!);
    const secret = openid.ClientSecretBasic(ACME_CLIENT_SECRET);
    return openid.discovery(issuer, ACME_CLIENT_ID!, undefined, secret, { execute });
  };

  async function signIn(expectedNonce = NONCE) {
    const config = await discover();
    // The code flow needs no signature where TLS vouches for it; we want it checked all the same.
    openid.enableNonRepudiationChecks(config);
    const start = openid.buildAuthorizationUrl(config, {
      redirect_uri: HOME,
      scope: 'openid email profile',
      code_challenge: await openid.calculatePKCECodeChallenge(VERIFIER),
      code_challenge_method: 'S256',
      state: 'state',
      nonce: NONCE,
    });
    const { location } = await agent.follow(start, { until: HOME });
    const tokens = await openid.authorizationCodeGrant(config, location!, {
      pkceCodeVerifier: VERIFIER,
      expectedState: 'state',
      expectedNonce,
      idTokenExpected: true,
    });
    const { sub } = tokens.claims()!;
    return [tokens.claims(), await openid.fetchUserInfo(config, tokens.access_token, sub)];
  }

  /** Why it was refused: the last of the causes. */
  async function refusalOf(attempt: Promise<unknown>): Promise<string> {
    let reason: Error = await attempt.then(
      () => new Error('it was not'),
      (error: Error) => error,
    );
    while (reason.cause instanceof Error) reason = reason.cause;
    return reason.message;
  }

  it('signs in, with the nonce, for this client, and with the same person twice', async () => {
    oidc.iss = oidc.origin;
    const [claims, userinfo] = await signIn();
    expect(claims).toMatchObject({ iss: oidc.origin, aud: 'gatehouse', nonce: NONCE });
    expect(claims).toMatchObject(oidc.person);
    expect(userinfo).toEqual(oidc.person);
  });

  it('is refused for another nonce', async () => {
    expect(await refusalOf(signIn('another'))).toMatch('"nonce"');
  });

  it.each<[string, string, LocalOidc['idToken']]>([
    ['a foreign issuer', '"iss"', (claims) => (claims.iss = 'https://issuer.example.com')],
    ['a foreign audience', '"aud"', (claims) => (claims['aud'] = 'another')],
    ['an end long ago', '"exp"', (claims) => (claims.exp = claims.iat - 3600)],
    ['another nonce', '"nonce"', (claims) => (claims['nonce'] = 'another')],
    ['no nonce', '"nonce"', (claims) => delete claims['nonce']],
    ['no subject', '"sub"', (claims) => delete claims['sub']],
    ['a key never published', 'no applicable keys', (_claims, head) => (head.kid = 'another')],
  ])('is refused for an ID token with %s', async (_, reason, falsify) => {
    oidc.idToken = falsify;
    expect(await refusalOf(signIn())).toMatch(reason);
  });

  it.each([
    ['foreignKey', 'signature verification failed'],
    ['algNone', '"alg"'],
    ['hmac', '"alg"'],
    ['notJwt', 'Invalid JWT'],
    ['missing', '"id_token"'],
  ] as const)('is refused for an ID token with the fault %s', async (fault, reason) => {
    oidc.idTokenFault = fault;
    expect(await refusalOf(signIn())).toMatch(reason);
  });

  it('gives no ID token and no claims that no scope opens', async () => {
    const { body } = await redeem(oidc, await codeFrom(oidc, { scope: 'email' }));
    expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in', 'scope']);
    const { sub, email, email_verified } = oidc.person;
    const user = await whoIs(oidc.urls.userinfo, body.access_token);
    expect(user.body).toEqual({ sub, email, email_verified });
  });

  it('is refused for another issuer in the answer, or another subject in userinfo', async () => {
    oidc.userinfo = (person) => ({ ...person, sub: 'another' });
    expect(await refusalOf(signIn())).toMatch('"sub"');
    oidc.iss = 'https://issuer.example.com';
    expect(await refusalOf(signIn())).toMatch('"iss"');
  });

  it('is refused for its discovery or its keys', async () => {
    oidc.discoveryFault = 'wrongIssuer';
    expect(await refusalOf(discover())).toMatch('issuer does not match');
    oidc.discoveryFault = 'status500';
    expect(await refusalOf(discover())).toMatch('unexpected HTTP response status code');
    oidc.discoveryFault = null;
    oidc.keysFault = 'html';
    expect(await refusalOf(signIn())).toMatch('unexpected response content-type');
    oidc.discovery = (metadata) => (metadata['token_endpoint'] = `${oidc.origin}/elsewhere`);
    await refusalOf(signIn());
    expect(oidc.seen.at(-1)!.path).toBe('/elsewhere');
  });
});

describe('a user agent', () => {
  /** Sets a cookie on /start, shows what came on /shown, and goes round in a circle on /circle. */
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    const location = { '/start': '/shown?by=start', '/circle': '/circle' }[url];
    if (url === '/start') response.setHeader('set-cookie', ['a=1; Path=/; HttpOnly', 'b=2']);
    if (location) response.writeHead(302, { location }).end();
    else
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify([url, request.method, headers.cookie, headers['content-type']]));
  });
  let origin: string;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('follows redirects with its cookies, up to an answer that is none', async () => {
    const visitor = new UserAgent();
    const { hops, location, answer } = await visitor.follow(`${origin}/start`);
    expect(hops).toEqual([`${origin}/start`, `${origin}/shown?by=start`]);
    expect([location, answer.status]).toEqual([null, 200]);
    expect(answer.body).toEqual(['/shown?by=start', 'GET', 'a=1; b=2', null]);
    expect(visitor.setCookiesSeen).toEqual(['a=1; Path=/; HttpOnly', 'b=2']);
    expect(visitor.cookies('127.0.0.1')).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(visitor.cookies('localhost')).toEqual([]);
  });

  it('stops before the address it waits for, and after ten', async () => {
    const there = `${origin}/shown`;
    const { hops, location } = await agent.follow(`${origin}/start`, { until: there });
    expect([hops.length, location?.href]).toEqual([1, `${there}?by=start`]);
    await expect(agent.follow(`${origin}/circle`)).rejects.toThrow('more than 10 redirects');
  });

  it('posts JSON and forms, and follows nothing', async () => {
    const json = await agent.post(`${origin}/shown`, { a: 1 });
    expect(json.body).toContain('application/json');
    const form = await agent.post(`${origin}/shown`, new URLSearchParams('a=1'));
    expect(form.body).toContain('application/x-www-form-urlencoded');
    expect((await agent.get(`${origin}/start`)).status).toBe(302);
  });
});

describe('a cookie jar', () => {
  const TEN = 'http://10.0.0.1/';
  const LOCAL = 'http://127.0.0.1:8000/';
  let now: number;
  let jar: CookieJar;
  beforeEach(() => {
    now = Date.parse('2030-01-01T00:00:00Z');
    jar = new CookieJar(() => now);
  });
  const sent = (url: string) => jar.sentTo(new URL(url)).map(({ name, value }) => name + value);
  const store = (url: string, header: string) => jar.store(new URL(url), header);

  it('knows hosts, and no ports', () => {
    store(LOCAL, 'a=1');
    expect(sent('http://127.0.0.1:3000/')).toEqual(['a1']);
    expect(sent('http://localhost:8000/')).toEqual([]);
  });

  it('sends a cookie below its path, which by default is the folder; the longest first', () => {
    store(`${LOCAL}auth/login`, 'a=1');
    store(LOCAL, 'a=2; Path=/auth/login');
    expect(sent(`${LOCAL}auth/login/form`)).toEqual(['a2', 'a1']);
    expect(sent(`${LOCAL}auth`)).toEqual(['a1']);
    expect(sent(`${LOCAL}authority`)).toEqual([]);
  });

  it('sends Secure over https, and to the machine itself', () => {
    store(LOCAL, 'a=1; Secure');
    store('http://localhost/', 'a=2; Secure');
    store(TEN, 'a=3; Secure');
    store('https://10.0.0.1/', 'b=4; Secure');
    expect([sent(LOCAL), sent('http://localhost/')]).toEqual([['a1'], ['a2']]);
    expect([sent(TEN), sent('https://10.0.0.1/')]).toEqual([[], ['b4']]);
  });

  it('replaces by name, host and path, and lets Max-Age and Expires end it', () => {
    store(LOCAL, 'a=1; Expires=Tue, 01 Jan 2030 00:10:00 GMT');
    store(LOCAL, 'b=1; Max-Age=600; Expires=Thu, 01 Jan 1970 00:00:00 GMT');
    store(LOCAL, 'b=2; Max-Age=601');
    expect(sent(LOCAL)).toEqual(['a1', 'b2']);
    now += 600_000;
    expect(sent(LOCAL)).toEqual(['b2']);
    store(LOCAL, 'b=; Max-Age=0');
    expect(sent(LOCAL)).toEqual([]);
  });

  it('holds __Host- and __Secure- to what they promise, and Domain to its own host', () => {
    store(LOCAL, '__Host-a=1; Secure; Path=/');
    store(LOCAL, '__Host-b=1; Secure; Path=/auth');
    store(LOCAL, '__Host-c=1; Path=/');
    store(LOCAL, '__Secure-d=1');
    store(LOCAL, 'e=1; Domain=example.com');
    expect(sent(LOCAL)).toEqual(['__Host-a1']);
  });

  it('keeps Strict at home when somebody comes from elsewhere', () => {
    store(LOCAL, 'a=1; SameSite=Strict');
    store(LOCAL, 'b=1; SameSite=Lax');
    expect(jar.sentTo(new URL(LOCAL), true)).toMatchObject([{ name: 'b' }]);
  });
});
