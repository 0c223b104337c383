import type { OAuthSettings } from './oauth-settings';

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

export type ProcessRole = 'api' | 'worker' | 'all';
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
  };
  /** Without trailing slash. */
  abstract readonly addresses: {
    readonly backendUrl: string;
    readonly frontendUrl: string;
    readonly allowedOrigins: readonly string[];
    readonly allowedRedirectUrls: readonly string[];
    readonly emailLinks: EmailLinks;
  };
  /** `url` null: the embedded Postgres. */
  abstract readonly database: { readonly url: string | null; readonly poolSize: number };
  /** `url` null: queue and limits run on Postgres. */
  abstract readonly redis: { readonly url: string | null };
  abstract readonly tokens: {
    readonly secretKey: string;
    /** `iss` of every token: the same for all processes on one database, whatever their port. */
    readonly issuer: string;
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
    readonly login: RateLimit;
    readonly register: RateLimit;
    readonly mail: RateLimit;
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
}
