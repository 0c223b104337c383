/**
 * What the attacks are aimed at: the built service, started for each file of tests with a database
 * of its own; or, with ATTACK_URL, a service that runs somewhere already. The attacks speak HTTP
 * and know of the target nothing else:
 *
 *     ATTACK_URL=https://staging.example npm run test:attacks
 *
 * The target is left with accounts whose names begin with `attack-`. What an operator can give:
 *
 *   ATTACK_URL             where the target is, as its BACKEND_URL says
 *   ATTACK_ADMIN_USERNAME  an admin there, who makes the accounts that are attacked;
 *   ATTACK_ADMIN_PASSWORD    without one they sign up, which needs the mailbox and ATTACK_FORWARDED
 *   ATTACK_MAILBOX_URL     a Gatehouse development mailbox that gets its mails
 *                            (`${ATTACK_URL}/dev/mailbox`, if that answers)
 *   ATTACK_FORWARDED=true  the target believes our X-Forwarded-For (TRUST_PROXY counts us), so that
 *                            each caller has an address of its own. Without, an answer 429 is
 *                            waited out, and attacks that need many addresses are skipped
 *   ATTACK_FRONTEND_URL    its FRONTEND_URL
 *   ATTACK_SECRET_KEY      its SECRET_KEY, for tokens that have a good signature and are bad
 *   ATTACK_LOG             the file that its log is written to, whole and at level debug
 *
 * What is not given skips the attacks that need it, and says so on stderr. Without ATTACK_URL all
 * of this is known. How a spec uses it:
 *
 *     const target = useTarget();                     // or useTarget({ OAUTH_RESULT: 'json' })
 *     const attack = needing('people');               // `it`, or a loud skip
 *
 *     describe('tokens', () => {
 *       attack('RFC 8725 §3.1: alg none is refused', async () => {
 *         const { person, tokens } = await signedIn(target);               // people.ts
 *         const mallory = target.client();            // a caller at an address of its own
 *         const answer = await mallory.get('auth/me', { token: unsigned(…) });
 *         expectProblem(answer, 401, 'invalid_access_token');              // problems.ts
 *       });
 *     });
 *
 *     itLogsNoSecret(target);                         // log.ts, at the end of the file: ends it
 *
 * Mails are read by mailbox.ts, cookies kept by browser.ts, tokens forged by jwt.ts. How each test
 * was seen to fail is in `mutations/<topic>.json`; `node scripts/attack-mutations.mjs` shows it.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buildService, clean, freshEnvironment, Service } from '../../support/service';
import { until } from '../../support/until';
import { remoteMailboxUrl, remoteProvider, remoteUrl } from './abilities';
import { Client } from './client';
import { Secrets } from './secrets';

export { needing } from './abilities';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const PROVIDER = 'acme';

/** What the service is told that is started here. `.example` is nobody's (RFC 2606). */
const SETTINGS = {
  NODE_ENV: 'development',
  LOG_LEVEL: 'debug',
  TRUST_PROXY: '1',
  RATE_LIMIT_ENABLED: 'true',
  BACKEND_URL: 'https://auth.target.example',
  FRONTEND_URL: 'https://app.target.example',
  ALLOWED_REDIRECT_URLS: 'https://other.target.example/back',
  ARGON2_MEMORY_KIB: '8',
  ARGON2_TIME_COST: '1',
  BOOTSTRAP_ADMIN_USERNAME: 'attack-admin',
  BOOTSTRAP_ADMIN_EMAIL: 'attack-admin@target.example',
  OAUTH_PROVIDERS: PROVIDER,
  ACME_CLIENT_ID: 'gatehouse',
  ACME_CLIENT_SECRET: 'the secret of the client',
  ACME_AUTHORIZATION_URL: 'https://acme.example/authorize',
  ACME_TOKEN_URL: 'https://acme.example/token',
  ACME_USERINFO_URL: 'https://acme.example/userinfo',
};

/** To build what is stale, and to make a database. */
const START_MS = 180_000;
/** Of one test; at a target whose limits have to be waited for, it takes a while. */
const LONGEST_MS = remoteUrl === null ? 300_000 : 3_600_000;

export class Target {
  readonly secrets = new Secrets();
  private service: Service | null = null;
  private started: string | null = remoteUrl;
  private cachedAdminToken: string | null = null;
  private directory: ReturnType<typeof freshEnvironment> | null = null;
  /** What a service that is started here is told; null for one that is elsewhere. */
  private readonly env: Readonly<Record<string, string>> | null;

  constructor(settings: Readonly<Record<string, string>>) {
    this.env = remoteUrl === null ? { ...SETTINGS, ...freshSecrets(), ...settings } : null;
    this.secrets.add(this.admin.password);
    this.secrets.add(this.secretKey);
  }

  /** Where requests go. */
  get origin(): string {
    return this.started!;
  }

  /** What the target calls itself, in mails and redirects; no slash at the end. */
  get publicUrl(): string {
    return this.env?.BACKEND_URL ?? remoteUrl!;
  }

  get frontendUrl(): string {
    return this.env?.FRONTEND_URL ?? process.env.ATTACK_FRONTEND_URL!.replace(/\/+$/, '');
  }

  get mailboxUrl(): string {
    return this.env ? `${this.origin}/dev/mailbox` : remoteMailboxUrl;
  }

  get secretKey(): string {
    return this.env?.SECRET_KEY ?? process.env.ATTACK_SECRET_KEY ?? '';
  }

  /** The name of a configured OAuth provider. */
  get provider(): string {
    return this.env ? PROVIDER : remoteProvider!;
  }

  get admin(): Credentials {
    const env = this.env ?? {};
    return {
      username: env.BOOTSTRAP_ADMIN_USERNAME ?? process.env.ATTACK_ADMIN_USERNAME ?? '',
      password: env.BOOTSTRAP_ADMIN_PASSWORD ?? process.env.ATTACK_ADMIN_PASSWORD ?? '',
    };
  }

  /** A caller at an address of its own; with an address, one that is there as well. */
  client(address?: string): Client {
    return new Client(this.origin, this.secrets, address);
  }

  /** An access token of the admin, signed in once for the whole file. */
  async adminToken(): Promise<string> {
    if (this.cachedAdminToken === null) {
      const { status, body } = await this.client().post('auth/login', this.admin);
      if (status !== 200) throw new Error(`the admin cannot sign in: ${JSON.stringify(body)}`);
      this.cachedAdminToken = body.access_token as string;
    }
    return this.cachedAdminToken;
  }

  async start(): Promise<void> {
    if (!this.env) return;
    buildService();
    this.directory = freshEnvironment();
    try {
      this.service = await Service.listening({ ...this.directory, ...this.env });
    } catch (error) {
      // A mutation that is seen by this has proven nothing: scripts/attack-mutations.mjs.
      throw new Error('the target does not start', { cause: error });
    }
    this.started = this.service.api.origin;
  }

  async stop(): Promise<void> {
    if (this.directory) await clean(this.directory);
  }

  /** All that was logged up to now. Ends a service that was started here, which then logs no more. */
  async log(): Promise<string> {
    if (this.service) {
      await this.service.end('SIGTERM');
      return [...this.service.logs, this.service.errors].join('\n');
    }
    const marker = `attack-${randomBytes(12).toString('hex')}`;
    await this.client().get('health/live', { headers: { 'x-request-id': marker } });
    return until(async () => {
      const log = await readFile(process.env.ATTACK_LOG!, 'utf8');
      return log.includes(marker) ? log : null;
    });
  }
}

const freshSecrets = () => ({
  SECRET_KEY: randomBytes(48).toString('base64url'),
  BOOTSTRAP_ADMIN_PASSWORD: randomBytes(18).toString('base64url'),
});

/** One target for this file of tests; settings are for a service that is started here. */
export function useTarget(settings: Readonly<Record<string, string>> = {}): Target {
  const target = new Target(settings);
  jest.setTimeout(LONGEST_MS);
  beforeAll(() => target.start(), START_MS);
  afterAll(() => target.stop(), START_MS);
  return target;
}
