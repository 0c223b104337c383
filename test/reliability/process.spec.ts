import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PASSWORD, tally } from '../support/people';
import { buildService, clean, freshEnvironment, postgresOf, Service } from '../support/service';
import { until } from '../support/until';

const MAILED_LINK = /^http:\/\/localhost:8000\/pages\/verify-email\?token=eyJ/;

let environment: ReturnType<typeof freshEnvironment>;
beforeAll(buildService, 300_000);
beforeEach(() => {
  environment = freshEnvironment();
});
afterEach(() => clean(environment));

interface Mail {
  readonly to: string;
  readonly links: readonly string[];
}

const mailbox = async ({ api }: Service): Promise<readonly Mail[]> =>
  (await api.get('/dev/mailbox/messages')).body.messages;

const mailTo = (service: Service, email: string): Promise<Mail> =>
  until(async () => (await mailbox(service)).find(({ to }) => to === email));

const register = ({ api }: Service, username: string) =>
  api.post('auth/register', { username, email: `${username}@example.com`, password: PASSWORD });

const login = ({ api }: Service, username: string) =>
  api.post('auth/login', { username, password: PASSWORD });

/** Signs people up until the service is gone, six at a time; answers with those it said yes to. */
async function signUpUntilGone(service: Service, prefix: string): Promise<string[]> {
  const acknowledged: string[] = [];
  let count = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const username = `${prefix}${count++}`;
      const answer = await register(service, username).catch(() => null);
      if (!answer) return;
      expect(answer.status).toBe(201);
      acknowledged.push(username);
      if (acknowledged.length === 40) service.signal('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 6 }, one));
  return acknowledged;
}

it('starts on nothing, logs in JSON lines, and is healthy', async () => {
  const service = await Service.listening(environment);
  const { status, body } = await service.api.get('health');

  expect([status, body]).toEqual([200, { status: 'ok', checks: { database: 'up', queue: 'up' } }]);
  for (const line of service.logs)
    expect(JSON.parse(line)).toMatchObject({ level: 'info', time: expect.any(String) });
});

it('shares everything with a second process on the same directory', async () => {
  const [first, second] = await Promise.all([
    Service.listening(environment),
    Service.listening(environment),
  ]);
  expect((await register(first, 'ada')).status).toBe(201);
  const mail = await mailTo(second, 'ada@example.com');
  const token = new URL(mail.links[0]!).searchParams.get('token');
  const confirmed = await second.api.post('auth/email/verification/confirm', { token });
  expect(confirmed.status).toBe(200);
  const { access_token } = (await login(second, 'ada')).body;

  const me = await first.api.get('auth/me', { token: access_token });
  expect(me.body).toMatchObject({ username: 'ada', is_verified: true });
  expect(await mailbox(first)).toHaveLength(1);
});

it('may answer requests in one process and send mails in another', async () => {
  const api = await Service.listening({ ...environment, PROCESS_ROLE: 'api' });
  const worker = new Service({ ...environment, PROCESS_ROLE: 'worker' });
  await worker.logged('worker ready');
  expect((await register(api, 'ada')).status).toBe(201);

  await mailTo(api, 'ada@example.com');
  await worker.logged('mail sent');
  expect(api.logs.join()).not.toContain('mail sent');
  expect((await worker.api.get('health/live')).status).toBe(200);
});

it('loses nobody it said yes to, and no mail, to kill -9 in the middle of sign-ups', async () => {
  // Without a worker: a mail that is being sent at that moment waits out its lease, a minute.
  const api = await Service.listening({ ...environment, PROCESS_ROLE: 'api' });
  const people = await signUpUntilGone(api, 'person');
  const restarted = await Service.listening(environment);

  const refusals = await Promise.all(people.map((username) => login(restarted, username)));
  expect(tally(refusals)).toEqual({ 401: people.length });
  const codes = new Set(refusals.map(({ body }) => body.code));
  expect([...codes]).toEqual(['email_not_verified']);
  await until(async () => {
    const mailed = new Set((await mailbox(restarted)).map(({ to }) => to));
    return people.every((username) => mailed.has(`${username}@example.com`));
  });
  for (const { links } of await mailbox(restarted)) expect(links[0]).toMatch(MAILED_LINK);
});

it('goes on, with all that it said yes to, when another process is killed', async () => {
  const [killed, survivor] = await Promise.all([
    Service.listening(environment),
    Service.listening(environment),
  ]);
  const people = await signUpUntilGone(killed, 'person');

  expect((await survivor.api.get('health')).status).toBe(200);
  const refusals = await Promise.all(people.map((username) => login(survivor, username)));
  expect(new Set(refusals.map(({ body }) => body.code))).toEqual(new Set(['email_not_verified']));
  expect((await register(survivor, 'newcomer')).status).toBe(201);
  await mailTo(survivor, 'newcomer@example.com');
});

it('leaves no Postgres behind when all processes are killed', async () => {
  const all = await Promise.all([Service.listening(environment), Service.listening(environment)]);
  expect(postgresOf(environment.DATA_DIR)).not.toEqual([]);
  expect(await Promise.all(all.map((service) => service.end('SIGKILL')))).toEqual([null, null]);
  await until(() => postgresOf(environment.DATA_DIR).length === 0);
});

it('answers 503 while Postgres recovers from a crash, and goes on afterwards', async () => {
  const service = await Service.listening(environment);
  process.kill(backendOf(environment.DATA_DIR), 'SIGKILL');
  const seen = new Set<number>();
  const username = await until(async () => {
    const name = `person${seen.size}-${service.logs.length}`;
    const { status } = await register(service, name);
    seen.add(status);
    return status === 201 && name;
  });

  for (const status of seen) expect([201, 409, 503]).toContain(status);
  await mailTo(service, `${username}@example.com`);
  expect((await service.api.get('health')).status).toBe(200);
});

/** A process of Postgres that serves one of the service's connections. */
function backendOf(directory: string): number {
  const postmaster = readFileSync(join(directory, 'postgres/cluster/postmaster.pid'), 'utf8');
  const pid = Number.parseInt(postmaster, 10);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  const backend = children.find((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('[local]'),
  );
  return Number(backend);
}
