import { providerNames } from './provider-values';
import { STORE_VARIABLES } from './store-variables';
import { TOKEN_VARIABLES } from './token-variables';
import {
  decimal,
  email,
  flag,
  oneOf,
  origins,
  rateLimit,
  text,
  trustProxy,
  webUrl,
  webUrls,
  whole,
} from './values';
import { type ValueOf, variable } from './variable';

/**
 * Every variable the service reads, besides those of each OAuth provider. `.env.example` is printed
 * from both tables.
 */
export const VARIABLES = {
  process: {
    NODE_ENV: variable(
      oneOf('development', 'test', 'production'),
      'development',
      'production refuses weak settings and has no development mailbox',
    ),
    PORT: variable(
      whole(0, 65_535),
      '8000',
      'where the API listens, and a worker with its health and metrics; 0 picks a free port',
    ),
    HOST: variable(text, '0.0.0.0', 'the address to listen on'),
    PROCESS_ROLE: variable(
      oneOf('api', 'worker', 'all'),
      'all',
      'api answers requests, worker sends mail, all does both',
    ),
    LOG_LEVEL: variable(
      oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      'info',
      'the least severe line that is logged',
    ),
    SHUTDOWN_DELAY_SECONDS: variable(
      decimal(0, 5),
      '0',
      'how long requests are still taken after SIGTERM, while /health/ready says no',
    ),
    TRUST_PROXY: variable(
      trustProxy,
      null,
      'proxies in front whose X-Forwarded-For is believed: a count, or addresses and CIDR ranges',
    ),
    UV_THREADPOOL_SIZE: variable(
      whole(1, 1024),
      '4',
      "threads of libuv's pool, where hashes are computed; read by Node itself, so not from .env",
    ),
    DATA_DIR: variable(text, '.data', 'the embedded Postgres, the made SECRET_KEY, the mailbox'),
  },
  addresses: {
    BACKEND_URL: variable(
      webUrl,
      null,
      'where browsers reach this service; http://localhost and PORT where empty',
    ),
    FRONTEND_URL: variable(webUrl, 'http://localhost:3000', 'where people are sent afterwards'),
    ALLOWED_ORIGINS: variable(
      origins,
      null,
      'origins that may call from a browser, comma-separated; FRONTEND_URL where empty',
    ),
    ALLOWED_REDIRECT_URLS: variable(
      webUrls,
      null,
      'URLs besides FRONTEND_URL that a sign-in may return to, comma-separated',
    ),
    EMAIL_LINKS: variable(
      oneOf('page', 'frontend', 'direct'),
      'page',
      'links in mail open: a page of this service, the same path at FRONTEND_URL, or act at once',
    ),
  },
  stores: STORE_VARIABLES,
  tokens: TOKEN_VARIABLES,
  'sign-in': {
    LOGIN_REQUIRES_VERIFIED_EMAIL: variable(
      flag,
      'true',
      'false lets people in before they verified their address',
    ),
    REGISTRATION_HIDES_ACCOUNTS: variable(
      flag,
      'false',
      'true answers alike for a taken address and mails its owner',
    ),
    NEW_SIGN_IN_MAILS: variable(
      flag,
      'true',
      'false mails nobody of a sign-in from a device that is new to their account',
    ),
    PASSWORD_MIN_STRENGTH: variable(whole(0, 4), '0', 'least zxcvbn score of a new password'),
    PASSWORD_REQUIRE_CLASSES: variable(
      flag,
      'false',
      'true asks for upper case, lower case, digit and symbol',
    ),
    PASSWORD_CHECK_BREACHED: variable(
      flag,
      'false',
      'true refuses passwords known from breaches (sends five characters of a hash)',
    ),
    PASSWORD_BREACHED_URL: variable(
      webUrl,
      'https://api.pwnedpasswords.com/range',
      'the range service that PASSWORD_CHECK_BREACHED asks',
    ),
    ARGON2_MEMORY_KIB: variable(whole(8, 1_048_576), '19456', 'argon2id memory, KiB'),
    ARGON2_TIME_COST: variable(whole(1, 64), '2', 'argon2id passes'),
    ARGON2_PARALLELISM: variable(whole(1, 64), '1', 'argon2id lanes'),
  },
  limits: {
    RATE_LIMIT_ENABLED: variable(flag, 'true', 'false switches every limit off'),
    RATE_LIMIT_LOGIN: variable(rateLimit, '5/60s', 'sign-in attempts an account and IP'),
    RATE_LIMIT_LOGIN_IP: variable(rateLimit, '60/60s', 'sign-in attempts an IP'),
    RATE_LIMIT_LOGIN_WRONG_IP: variable(rateLimit, '100/1d', 'wrong passwords an IP'),
    RATE_LIMIT_LOGIN_STREAK: variable(
      rateLimit,
      '10/60s',
      'wrong passwords in a row an account and IP, and the first block, which doubles up to 1h',
    ),
    RATE_LIMIT_REGISTER: variable(rateLimit, '20/1h', 'sign-ups an IP'),
    RATE_LIMIT_MAIL: variable(
      rateLimit,
      '3/1h',
      'reset mails an address, and verification mails an address',
    ),
    RATE_LIMIT_REFRESH: variable(rateLimit, '30/60s', 'refreshes a session'),
    RATE_LIMIT_REQUESTS: variable(rateLimit, '300/60s', 'everything else an IP'),
  },
  oauth: {
    OAUTH_PROVIDERS: variable(
      providerNames,
      null,
      'providers besides google and discord, comma-separated; each reads the variables of its name',
    ),
    OAUTH_RESULT: variable(
      oneOf('code', 'query', 'json', 'cookie'),
      'code',
      'a sign-in ends at FRONTEND_URL with a one-time code, tokens in the query or cookies, or in JSON',
    ),
    OAUTH_ALLOW_PRIVATE_ADDRESSES: variable(
      flag,
      null,
      'true lets providers be in the own network, and on http; false in production, true elsewhere',
    ),
  },
  mail: {
    SMTP_HOST: variable(text, null, 'mail server; the development mailbox where empty'),
    SMTP_PORT: variable(whole(1, 65_535), '587', 'its port'),
    SMTP_USER: variable(text, null, 'its user, if it asks for one'),
    SMTP_PASSWORD: variable(text, null, 'and password'),
    SMTP_SECURE: variable(flag, 'false', 'true: TLS from the first byte (port 465)'),
    SENDGRID_API_KEY: variable(text, null, 'sends through SendGrid instead of SMTP'),
    SENDGRID_URL: variable(
      webUrl,
      'https://api.sendgrid.com',
      'https://api.eu.sendgrid.com for an account in Europe',
    ),
    FROM_EMAIL: variable(
      email,
      null,
      'the sender; no-reply@localhost.localdomain outside production',
    ),
    FROM_NAME: variable(text, null, "the sender's name; COMPANY_NAME where empty"),
    SUPPORT_EMAIL: variable(email, null, 'named in mails as the place to ask'),
    COMPANY_NAME: variable(text, 'Gatehouse', 'who mails and pages speak for'),
    LOGO_URL: variable(webUrl, null, 'an image shown on top of mails'),
  },
  retention: {
    SESSION_RETENTION_DAYS: variable(
      decimal(0, 3650),
      '30',
      'how long sessions are kept after they ended',
    ),
    AUDIT_RETENTION_DAYS: variable(
      decimal(0, 36_500),
      '365',
      'how long the audit trail is kept; 0 for ever',
    ),
  },
  'first admin': {
    BOOTSTRAP_ADMIN_USERNAME: variable(text, null, 'makes an admin at start when there is none'),
    BOOTSTRAP_ADMIN_EMAIL: variable(email, null, 'its address'),
    BOOTSTRAP_ADMIN_PASSWORD: variable(text, null, 'its password, 8 to 128 characters'),
  },
  metrics: {
    METRICS_TOKEN: variable(
      text,
      null,
      'Bearer token for GET /metrics; without one production has no such route',
    ),
  },
  traces: {
    OTEL_EXPORTER_OTLP_ENDPOINT: variable(
      webUrl,
      null,
      'collector that gets traces by OTLP over HTTP; it reads the other OTEL_ variables too',
    ),
  },
} as const;

type Groups = typeof VARIABLES;
type Flat = {
  [G in keyof Groups]: { [N in keyof Groups[G]]: Groups[G][N] };
}[keyof Groups];
type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (
  i: infer I,
) => void
  ? I
  : never;
type AllVariables = UnionToIntersection<Flat>;

/** The typed value of every variable; null where it is unset and has no default. */
export type Values = { readonly [N in keyof AllVariables]: ValueOf<AllVariables[N]> };
