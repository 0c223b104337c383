import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { PASSWORD, sixteen } from '../support/people';
import { expectProblem } from '../support/problems';
import {
  BUILD,
  buildService,
  clean,
  freshEnvironment,
  postgresOf,
  Service,
} from '../support/service';
import { until } from '../support/until';

let environment: ReturnType<typeof freshEnvironment>;
let agent: Agent;
beforeAll(buildService, 300_000);
beforeEach(() => {
  environment = freshEnvironment();
  agent = new Agent({ keepAlive: true });
});
afterEach(async () => {
  agent.destroy();
  await clean(environment);
});

interface Mail {
  readonly to: string;
  readonly links: readonly string[];
}

const signUpOf = (username: string) =>
  JSON.stringify({ username, email: `${username}@example.com`, password: PASSWORD });

/** A request that the service has begun to handle: it said so, and waits for the body. */
async function begin({ api }: Service, path: string, body: string) {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    expect: '100-continue',
  };
  const call = request(`${api.origin}/api/v1/${path}`, { method: 'POST', agent, headers });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => {});
  call.flushHeaders();
  await once(call, 'continue');
  return {
    finish: async (): Promise<number | undefined> => {
      call.end(body);
      const [answer] = await answered;
      answer.resume();
      return answer.statusCode;
    },
  };
}

const isRefused = ({ api }: Service): Promise<boolean> =>
  api.get('health/live').then(
    ({ status }) => status === 503,
    () => true,
  );

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends an idle process with 0, and its Postgres with it', async () => {
    const service = await Service.listening(environment);
    expect(await service.end(signal)).toBe(0);
    await until(() => postgresOf(environment.DATA_DIR).length === 0);
  });
});

describe('SIGTERM', () => {
  it('ends a process that only sends mails with 0', async () => {
    const service = new Service({ ...environment, PROCESS_ROLE: 'worker' });
    await service.logged('worker ready');
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('lets requests in flight finish, refuses new ones, and exits with 0', async () => {
    const service = await Service.listening(environment);
    const begun = await sixteen((n) => begin(service, 'auth/register', signUpOf(`person${n}`)));
    service.signal('SIGTERM');
    await service.logged('stopping');
    await until(() => isRefused(service));

    const statuses = await Promise.all(begun.map(({ finish }) => finish()));
    expect(statuses).toEqual(Array(16).fill(201));
    expect(await service.exited).toBe(0);
    expect(service.errors).not.toMatch(/error|warn/i);
    expect(service.logs.filter((line) => /"level":"(warn|error|fatal)"/.test(line))).toEqual([]);

    const restarted = await Service.listening(environment);
    const mails: Mail[] = await until(async () => {
      const { body } = await restarted.api.get('/dev/mailbox/messages');
      return new Set(body.messages.map(({ to }: Mail) => to)).size === 16 && body.messages;
    });
    for (const { links } of mails) expect(links[0]).toContain('/pages/verify-email?token=eyJ');
  }, 120_000);

  it('exits with 0 although a client never finishes its request', async () => {
    const service = await Service.listening(environment);
    await begin(service, 'auth/register', signUpOf('slow'));
    expect(await service.end('SIGTERM')).toBe(0);
  });

  it('first says that it is not ready, and serves on for SHUTDOWN_DELAY_SECONDS', async () => {
    const service = await Service.listening({ ...environment, SHUTDOWN_DELAY_SECONDS: '5' });
    expect((await service.api.get('health/ready')).headers.get('connection')).toBe('keep-alive');
    service.signal('SIGTERM');
    await service.logged('stopping');
    expectProblem(await service.api.get('health/ready'), 503, 'shutting_down');
    const registered = await service.api.post('auth/register', JSON.parse(signUpOf('late')));
    expect(registered.status).toBe(201);
    // Whoever keeps connections open is told to go elsewhere.
    expect(registered.headers.get('connection')).toBe('close');
    expect((await service.api.get('health/live')).status).toBe(200);
    expect(await service.exited).toBe(0);
    await expect(service.api.get('health/live')).rejects.toThrow('fetch failed');
  });

  it('ends in time although it serves on, and a client, a mail server and a collector are silent', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const service = await Service.listening({
      ...environment,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      SHUTDOWN_DELAY_SECONDS: '5',
    });
    await service.api.post('auth/register', JSON.parse(signUpOf('ada')));
    await begin(service, 'auth/register', signUpOf('slow'));
    expect(await service.end('SIGTERM')).toBe(0);
    expect(service.logs.join()).not.toContain('not everything stopped in time');
    silent.close();
  });

  describe('that fails', () => {
    /** A service in which a method of a class of ours fails. */
    const broken = (file: string, name: string, method: string, more: Record<string, string>) => {
      const source = join(BUILD, 'src', file);
      const plant = join(environment.DATA_DIR, 'plant.js');
      writeFileSync(
        plant,
        `require(${JSON.stringify(require.resolve('reflect-metadata'))});
        require(${JSON.stringify(source)}).${name}.prototype.${method} = async () => {
          throw new Error('planted fault');
        };`,
      );
      return Service.listening({ ...environment, ...more, NODE_OPTIONS: `--require ${plant}` });
    };
    const fatal = ({ logs }: Service) =>
      logs
        .map(
          (line) => JSON.parse(line) as { level: string; msg: string; err?: { message: string } },
        )
        .filter(({ level }) => level === 'fatal')
        .map(({ msg, err }) => [msg, err?.message]);

    it('ends with 1 and a line that says why', async () => {
      const service = await broken('mail/mail.processor', 'MailProcessor', 'stop', {});
      expect(await service.end('SIGTERM')).toBe(1);
      expect(fatal(service)).toEqual([['stopping failed', 'planted fault']]);
      expect(service.errors).not.toContain('planted fault');
    });

    it('ends so although what hangs up the mail server is what fails', async () => {
      const silent = createServer(() => {});
      const connected = once(silent.listen(0, '127.0.0.1'), 'connection');
      await once(silent, 'listening');
      const { port } = silent.address() as AddressInfo;
      const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) };
      const service = await broken('mail/mail-delivery', 'MailDelivery', 'hangUp', smtp);
      await service.api.post('auth/register', JSON.parse(signUpOf('ada')));
      await connected;
      expect(await service.end('SIGTERM')).toBe(1);
      expect(fatal(service)).toEqual([['not everything stopped in time', undefined]]);
      expect(service.logs.join()).toContain('planted fault');
      expect(service.errors).not.toContain('planted fault');
      silent.close();
    });
  });

  it('exits with 0 although clients keep their connections open', async () => {
    const service = await Service.listening(environment);
    await sixteen(() => service.api.get('health/live'));
    expect(await service.end('SIGTERM')).toBe(0);
  });

  describe('while a mail server keeps a mail waiting', () => {
    let silent: Server;
    let connections = 0;
    beforeEach(async () => {
      silent = createServer(() => void connections++).listen(0, '127.0.0.1');
      await once(silent, 'listening');
    });
    afterEach(() => void silent.close());

    it('exits with 0, and the mail is still owed', async () => {
      const { port } = silent.address() as AddressInfo;
      const smtp = { SMTP_HOST: '127.0.0.1', SMTP_PORT: String(port) };
      const service = await Service.listening({ ...environment, ...smtp });
      await service.api.post('auth/register', JSON.parse(signUpOf('ada')));
      await until(() => connections > 0);
      expect(await service.end('SIGTERM')).toBe(0);

      const restarted = await Service.listening(environment);
      await until(async () => {
        const { body } = await restarted.api.get('/dev/mailbox/messages');
        return body.count === 1;
      });
    }, 180_000);
  });
});
