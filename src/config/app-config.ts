import type { OAuthSettings } from './oauth-settings';
import type { RedisTarget } from './redis-url';

export interface RateLimit {
  readonly points: number;
  readonly seconds: number;
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string | null;
  readonly password: string | null;
  readonly secure: boolean;
}

export interface DatabaseSettings {
  /** Null: the embedded Postgres. */
  readonly url: string | null;
  /** Whether `url` leads to a PgBouncer, where a session is not the same from one query to the next. */
  readonly isPooled: boolean;
  /** Past the PgBouncer; null where there is none, or no other way. */
  readonly directUrl: string | null;
  /** Where lists may be read, a little late. */
  readonly replicaUrl: string | null;
  readonly poolSize: number;
}

export interface RedisSettings extends RedisTarget {
  /** What every key begins with. */
  readonly prefix: string;
}

export type ProcessRole = 'api' | 'worker' | 'all';
export type AccessTokenAlgorithm = 'HS256' | 'RS256' | 'ES256';
export type EmailLinks = 'page' | 'frontend' | 'direct';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Every setting, checked and typed. Made once by `loadConfig`; an injection token by its class. */
export abstract class AppConfig {
  abstract readonly environment: 'development' | 'test' | 'production';
  abstract readonly process: {
    readonly host: string;
    readonly port: number;
    readonly role: ProcessRole;
    readonly logLevel: LogLevel;
    /** What Fastify's `trustProxy` takes: false, a hop count, or addresses and CIDR ranges. */
    readonly trustProxy: false | number | string[];
    readonly dataDir: string;
    /** Of libuv. */
    readonly poolThreads: number;
    /** How long requests are still taken after a signal to stop. */
    readonly shutdownDelaySeconds: number;
  };
  /** Without trailing slash. */
  abstract readonly addresses: {
    readonly backendUrl: string;
    readonly frontendUrl: string;
    readonly allowedOrigins: readonly string[];
    readonly allowedRedirectUrls: readonly string[];
    readonly emailLinks: EmailLinks;
  };
  abstract readonly database: DatabaseSettings;
  /** Null: queue and limits run on Postgres. */
  abstract readonly redis: RedisSettings | null;
  abstract readonly tokens: {
    readonly secretKey: string;
    /** `iss` of every token: the same for all processes on one database, whatever their port. */
    readonly issuer: string;
    readonly accessTokenAlgorithm: AccessTokenAlgorithm;
    /** How long a key signs access tokens; null for ever. HS256 has no such keys. */
    readonly signingKeySeconds: number | null;
    readonly accessTokenSeconds: number;
    readonly refreshTokenSeconds: number;
    readonly refreshReuseGraceSeconds: number;
    readonly emailVerificationSeconds: number;
    readonly passwordResetSeconds: number;
    readonly emailChangeSeconds: number;
  };
  abstract readonly signIn: {
    readonly requiresVerifiedEmail: boolean;
    readonly registrationHidesAccounts: boolean;
    readonly mailsNewSignIns: boolean;
  };
  abstract readonly passwords: {
    /** zxcvbn score, 0 (anything) to 4. */
    readonly minStrength: number;
    readonly requireClasses: boolean;
    readonly checkBreached: boolean;
    readonly breachedUrl: string;
    readonly argon2: {
      readonly memoryKib: number;
      readonly timeCost: number;
      readonly parallelism: number;
    };
  };
  abstract readonly limits: {
    readonly enabled: boolean;
    /** Attempts for an account and IP. */
    readonly login: RateLimit;
    /** Attempts for an IP, whatever the account. */
    readonly loginIp: RateLimit;
    /** Wrong passwords for an IP, whatever the account. */
    readonly loginWrongIp: RateLimit;
    /** Wrong passwords in a row for an account and IP; its seconds are those of the first block. */
    readonly loginStreak: RateLimit;
    readonly register: RateLimit;
    /** For an address. */
    readonly mail: RateLimit;
    /** For a session. */
    readonly refresh: RateLimit;
    /** Everything else, for an IP. */
    readonly requests: RateLimit;
  };
  abstract readonly oauth: OAuthSettings;
  abstract readonly mail: {
    readonly smtp: SmtpSettings | null;
    readonly sendgrid: { readonly apiKey: string; readonly url: string } | null;
    readonly fromEmail: string;
    readonly fromName: string;
    readonly companyName: string;
    readonly supportEmail: string | null;
    readonly logoUrl: string | null;
  };
  abstract readonly retention: {
    /** After their end. */
    readonly sessionSeconds: number;
    /** Null: for ever. */
    readonly auditSeconds: number | null;
  };
  abstract readonly bootstrapAdmin: {
    readonly username: string;
    readonly email: string;
    readonly password: string;
  } | null;
  abstract readonly metricsToken: string | null;
  /** Whether an `OTEL_EXPORTER_OTLP_ENDPOINT` is given, which its library reads itself. */
  abstract readonly isTraced: boolean;
  /** Each opens the introspection of tokens; where there is none, nothing does. */
  abstract readonly introspectionTokens: readonly string[];
}
