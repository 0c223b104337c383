import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { urlOf } from '../support/cli';
import { Collector } from '../support/collector';
import { PASSWORD } from '../support/people';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { LocalProvider } from '../support/providers/oauth-provider';
import { GOOGLE } from '../support/providers/shapes';
import { UserAgent } from '../support/providers/user-agent';
import { buildService, clean, freshEnvironment, Service } from '../support/service';
import { until } from '../support/until';

/** Where browsers are told that the service is; the test takes them to where it really is. */
const PUBLIC_ORIGIN = 'http://gatehouse.test';

let environment: ReturnType<typeof freshEnvironment> & Record<string, string>;
let database: TestDatabase;
let collector: Collector;
beforeAll(buildService, 300_000);

async function setUp(): Promise<void> {
  database = await createTestDatabase();
  environment = { ...freshEnvironment(), DATABASE_URL: urlOf(database) };
  collector = await Collector.open();
}

async function tearDown(): Promise<void> {
  await clean(environment);
  await database.drop();
  collector.close();
}

const traced = (env: Readonly<Record<string, string>> = {}): Promise<Service> =>
  Service.listening({
    ...environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: '20',
    LOGIN_REQUIRES_VERIFIED_EMAIL: 'false',
    ...env,
  });

const ADA = { username: 'ada', email: 'ada.lovelace@example.com', password: PASSWORD };

const signUp = ({ api }: Service) => api.post('auth/register', ADA);
const signIn = ({ api }: Service) => api.post('auth/login', { ...ADA, email: undefined });

const linesOf = ({ logs }: Service, message: string) =>
  logs
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** The line of the one request to this path. */
const requestLine = (service: Service, path: string) =>
  until(() => linesOf(service, 'request').find((line) => line.path === path));

/** The link in the newest mail. */
async function mailedLink({ api }: Service): Promise<URL> {
  const [mail] = await until(async () => {
    const { body } = await api.get('/dev/mailbox/messages');
    return body.count > 0 ? (body.messages as { links: string[] }[]) : null;
  });
  return new URL(mail!.links[0]!);
}

describe('a traced service', () => {
  let service: Service;
  let id: string;
  beforeAll(async () => {
    await setUp();
    service = await traced({
      OTEL_SERVICE_NAME: 'the-door',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=cellar',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=let-me-in',
    });
    id = (await signUp(service)).body.id;
  });
  afterAll(tearDown);

  it('tells of a request by its route, with the queries it made, under its own trace id', async () => {
    const token = (await signIn(service)).body.access_token;
    expect((await service.api.get(`users/${id}?made=up`, { token })).status).toBe(200);

    const span = await collector.span('GET /api/v1/users/:id');
    expect(span.parentSpanId).toBeUndefined();
    expect(span.attributes).toMatchObject({
      'http.route': '/api/v1/users/:id',
      'http.request.method': 'GET',
      'http.response.status_code': 200,
    });
    const query = await until(() =>
      collector.childrenOf(span).find(({ name }) => name.includes('authenticate_session')),
    );
    expect(query.traceId).toBe(span.traceId);
    expect(query.attributes['db.query.text']).toContain('sessions s ');
    const line = await requestLine(service, `/api/v1/users/${id}`);
    expect(line.trace_id).toBe(span.traceId);
  });

  it('writes the trace id into every line of a request, and others into those of others', async () => {
    const { traceId } = await collector.span('POST /api/v1/auth/register');
    await until(() => linesOf(service, 'mail sent').length === 1);
    const job = await collector.span('send mail');

    await service.logged('security event');
    expect((await requestLine(service, '/api/v1/auth/register')).trace_id).toBe(traceId);
    const [registered] = linesOf(service, 'security event');
    expect(registered!.trace_id).toBe(traceId);
    expect(linesOf(service, 'mail sent').map((line) => line.trace_id)).toEqual([job.traceId]);
    expect(linesOf(service, 'listening').map((line) => line.trace_id)).toEqual([undefined]);
    expect(job.traceId).not.toBe(traceId);
  });

  it('tells of a mail as a trace of its own that points to the request', async () => {
    const job = await collector.span('send mail');
    const request = await collector.span('POST /api/v1/auth/register');

    expect(job.parentSpanId).toBeUndefined();
    const { traceId, spanId } = request;
    expect(job.links).toMatchObject([{ traceId, spanId }]);
    await service.logged('mail sent');
    const [{ mailId }] = linesOf(service, 'mail sent') as [{ mailId: string }];
    expect(job.attributes['messaging.message.id']).toBe(mailId);
    await until(() =>
      collector.childrenOf(job).some(({ name }) => name.startsWith('pg.query:UPDATE')),
    );
  });

  it('goes on with the trace of its caller', async () => {
    const traceId = 'c0ffee'.padEnd(32, '0');
    const headers = { traceparent: `00-${traceId}-${'7'.repeat(16)}-01` };
    await service.api.get('users/me/sessions', { headers });
    const span = await collector.span('GET /api/v1/users/me/sessions');
    expect([span.traceId, span.parentSpanId]).toEqual([traceId, '7'.repeat(16)]);
  });

  it('heeds the standard variables', async () => {
    await service.api.get('auth/me');
    const { resource } = await collector.span('GET /api/v1/auth/me');
    expect(resource).toMatchObject({
      'service.name': 'the-door',
      'deployment.environment.name': 'cellar',
    });
    expect(collector.headers[0]).toMatchObject({ 'x-collector-key': 'let-me-in' });
  });

  it('tells nothing of health checks and scrapes, nor of what its queue asks all the time', async () => {
    await service.api.get('health/live');
    await service.api.get('/metrics');
    expect(await service.end('SIGTERM')).toBe(0);
    const roots = collector.spans.filter(({ parentSpanId }) => !parentSpanId);
    expect(roots.map(({ name }) => name).toSorted()).toEqual([
      'GET /api/v1/auth/me',
      'GET /api/v1/users/:id',
      'POST /api/v1/auth/login',
      'POST /api/v1/auth/register',
      'send mail',
    ]);
  });
});

describe('a traced service', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  it('tells nothing with OTEL_TRACES_SAMPLER=always_off', async () => {
    const service = await traced({ OTEL_TRACES_SAMPLER: 'always_off' });
    await service.api.get('auth/me');
    expect(await service.end('SIGTERM')).toBe(0);
    expect(collector.deliveries).toEqual([]);
  });

  it('delivers at SIGTERM what it still has', async () => {
    const service = await traced({ OTEL_BSP_SCHEDULE_DELAY: '3600000' });
    await service.api.get('auth/me');
    expect(collector.deliveries).toEqual([]);
    expect(await service.end('SIGTERM')).toBe(0);
    const span = await collector.span('GET /api/v1/auth/me');
    expect(span.resource).toMatchObject({ 'service.name': 'gatehouse' });
  });
});

describe('what is delivered', () => {
  let google: LocalProvider;
  /** A breach service, which only keeps what it is asked. */
  let ranges: Server;
  const lookups: IncomingMessage[] = [];
  beforeEach(async () => {
    await setUp();
    ranges = createServer((request, answer) => {
      lookups.push(request);
      answer.end('nothing');
    });
    await once(ranges.listen(0, '127.0.0.1'), 'listening');
    google = await LocalProvider.open(GOOGLE, {
      clientId: 'google-client',
      clientSecret: 'google-secret',
      redirectUris: [`${PUBLIC_ORIGIN}/auth/oauth/callback/google`],
    });
  });
  afterEach(async () => {
    ranges.close();
    await google.close();
    await tearDown();
  });

  /** Through Google and back; every value in a query on the way, which are all secrets. */
  async function signInWithGoogle({ api: { origin } }: Service): Promise<string[]> {
    const agent = new UserAgent();
    const { hops, location } = await agent.follow(`${origin}/api/v1/auth/oauth/google`, {
      until: PUBLIC_ORIGIN,
    });
    const callback = `${origin}${location!.pathname}${location!.search}`;
    const { headers } = await agent.get(callback);
    const addresses = [...hops, callback, headers.get('location')!];
    const values = addresses.flatMap((address) => [...new URL(address).searchParams.values()]);
    return values.filter((value) => value.length > 20 && !value.startsWith('http'));
  }

  it('holds no token, code, password or address of a person, in any byte', async () => {
    const rangesUrl = `http://127.0.0.1:${(ranges.address() as AddressInfo).port}/range`;
    const service = await traced({
      BACKEND_URL: PUBLIC_ORIGIN,
      SECRET_KEY: 'a-key-for-tests-that-is-long-enough-to-sign-with',
      PASSWORD_CHECK_BREACHED: 'true',
      PASSWORD_BREACHED_URL: rangesUrl,
      ...google.env('GOOGLE'),
    });
    const baggage = {
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      baggage: 'a=smuggled',
    };
    await service.api.post('auth/register', ADA, { headers: baggage });
    const link = await mailedLink(service);
    await service.api.get(`${link.pathname}${link.search}`);
    const verification = link.searchParams.get('token')!;
    await service.api.get(`/auth/verify-email?token=${verification}`);
    const { access_token: token, refresh_token } = (await signIn(service)).body;
    await service.api.get(`auth/me?access_token=${token}#${token}`, { token });
    await service.api.post('auth/refresh', { refresh_token });
    await service.api.post('auth/login', { username: ADA.email, password: 'a wrong secret' });
    await service.api.get(`users?q=${encodeURIComponent(ADA.email)}`, { token });
    const provided = await signInWithGoogle(service);

    const callback = await collector.span('GET /auth/oauth/callback/:provider');
    const asked = await until(() => {
      const found = collector
        .childrenOf(callback)
        .filter(({ attributes }) => attributes['url.full']);
      return found.length >= 2 ? found : null;
    });
    const { token: tokenUrl, userinfo } = google.urls;
    expect(asked.map(({ attributes }) => attributes['url.full'])).toEqual([tokenUrl, userinfo]);
    expect(
      collector.spans
        .map(({ attributes }) => String(attributes['url.full']))
        .filter((url) => url.startsWith(rangesUrl)),
    ).toEqual([rangesUrl]);
    expect(await service.end('SIGTERM')).toBe(0);
    const [{ headers, url }] = lookups as [IncomingMessage];
    expect(headers).not.toHaveProperty('traceparent');
    expect(headers).not.toHaveProperty('baggage');

    const bytes = collector.deliveries.join('\n');
    expect(provided.length).toBeGreaterThanOrEqual(4);
    const secrets = [
      ...provided,
      ...[verification, token, refresh_token].flatMap((jwt: string) => jwt.split('.').slice(1)),
      ...Object.values(ADA).filter((value) => value !== 'ada'),
      'a wrong secret',
      'google-secret',
      google.person.email as string,
      'a-key-for-tests',
      encodeURIComponent(ADA.email),
      url!.slice('/range/'.length),
      'smuggled',
    ];
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([]);
    // They were looked for where they would have been.
    expect(bytes).toContain('"/pages/verify-email"');
  });
});

describe('a collector', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  const LOSS = 'traces cannot be delivered';

  /** Signs in until so many more batches were tried. */
  async function work(service: Service, batches: number): Promise<void> {
    const enough = collector.deliveries.length + batches;
    while (collector.deliveries.length < enough) expect((await signIn(service)).status).toBe(200);
  }

  it('that refuses is no matter for requests, and one line in the log until it takes some', async () => {
    collector.status = 400;
    const service = await traced();
    expect((await signUp(service)).status).toBe(201);
    await work(service, 5);
    await service.logged(LOSS);
    expect(linesOf(service, LOSS)).toHaveLength(1);

    collector.status = 200;
    await work(service, 3);
    collector.status = 400;
    await work(service, 3);
    await until(() => linesOf(service, LOSS).length > 1);
    expect(linesOf(service, LOSS)).toHaveLength(2);
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('that is not there is no matter for requests, and one line in the log', async () => {
    collector.close();
    const service = await traced({ OTEL_EXPORTER_OTLP_TIMEOUT: '50' });
    expect((await signUp(service)).status).toBe(201);
    await service.logged(LOSS);
    for (let n = 0; n < 5; n++) expect((await signIn(service)).status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
    expect(linesOf(service, LOSS)).toHaveLength(1);
    expect(service.logs.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  });

  it('that never answers is no matter for requests, nor for the end of the process', async () => {
    collector.status = null;
    const service = await traced();
    expect((await signUp(service)).status).toBe(201);
    await work(service, 1);
    for (let n = 0; n < 5; n++) expect((await signIn(service)).status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
  });
});

describe('without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  beforeEach(setUp);
  afterEach(tearDown);

  it('nothing of tracing is loaded, and no line has a trace id', async () => {
    const loaded = join(environment.DATA_DIR, 'loaded.json');
    const spy = join(environment.DATA_DIR, 'spy.cjs');
    writeFileSync(
      spy,
      `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(loaded)},
        JSON.stringify(Object.keys(require.cache))));`,
    );
    const service = await Service.listening({ ...environment, NODE_OPTIONS: `--require=${spy}` });
    await signUp(service);
    expect(await service.end('SIGTERM')).toBe(0);
    const files = JSON.parse(readFileSync(loaded, 'utf8')) as string[];
    expect(files.some((file) => file.includes('/telemetry/'))).toBe(true);
    // But for its interface, which prom-client loads.
    expect(files.filter((file) => /opentelemetry\/(?!api\/)/.test(file))).toEqual([]);
    expect(service.logs.filter((line) => line.includes('trace_id'))).toEqual([]);
  });
});
