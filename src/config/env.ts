import type { AppConfig } from './app-config';
import { readProviders } from './oauth-providers';
import type { ProviderSettings } from './oauth-settings';
import { prefixOf } from './provider-variables';
import { developmentSecretKey, weaknessOfSecretKey } from './secret-key';
import { storeProblems, storeSettings } from './store-settings';
import { type Environment, parseVariables, type VariableTable } from './variable';
import { VARIABLES, type Values } from './variables';

/** Thrown with every problem at once, one line each, each naming its variable. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = ConfigError.name;
  }
}

/**
 * Checks and types the environment. A variable set to nothing counts as unset.
 * @throws ConfigError listing all problems, without the values (they may be secrets)
 */
export function loadConfig(environment: Environment): AppConfig {
  const { values, providers, problems } = read(environment);
  if (problems.length > 0) throw new ConfigError(problems);
  return toConfig(values as Values, providers);
}

/** Reads `.env` in the working directory, if any, beneath the real environment. */
export function loadProcessConfig(): AppConfig {
  return loadConfig(processEnvironment());
}

export interface InspectedConfig {
  /** As far as it can be told: what is wrong has its default, a missing secret key is empty. */
  readonly config: AppConfig;
  readonly problems: readonly string[];
  /** The variables that are set to something, right or wrong. */
  readonly given: ReadonlySet<string>;
}

/** As `loadConfig`, for somebody who looks into a configuration that may be wrong. */
export function inspectConfig(environment: Environment): InspectedConfig {
  const { values, providers, problems } = read(environment);
  const fallbacks = parseVariables({}, ALL).values;
  const wrong = problems.map((problem) => problem.split(':', 1)[0]!);
  const usable = providers.filter(({ name }) => !wrong.some((variable) => isOf(name, variable)));
  const known = { ...fallbacks, ...values, SECRET_KEY: values.SECRET_KEY ?? '' };
  const given = Object.entries(environment).filter(([, value]) => value?.trim());
  return {
    config: toConfig(known as Values, usable),
    problems,
    given: new Set(given.map(([name]) => name)),
  };
}

export const inspectProcessConfig = (): InspectedConfig => inspectConfig(processEnvironment());

function processEnvironment(): Environment {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return process.env;
}

const ALL: VariableTable = Object.assign({}, ...Object.values(VARIABLES));

const isOf = (provider: string, variable: string): boolean =>
  variable.startsWith(prefixOf(provider));

function read(environment: Environment) {
  const set = { ...environment, REDIS_URL: environment.REDIS_URL || environment.REDIS_DSN };
  const { values, problems } = parseVariables(set, ALL);
  const known: Partial<Values> = values;
  const oauth = readProviders(set, known.OAUTH_PROVIDERS ?? [], {
    backendUrl: backendUrl(known),
    requiresHttps: known.NODE_ENV === 'production' && !allowsPrivateAddresses(known),
  });
  problems.push(...contradictions(known), ...oauth.problems);
  return { values: known, providers: oauth.providers, problems };
}

/** What each value alone cannot show. Values that did not parse are absent here. */
function contradictions(values: Partial<Values>): string[] {
  const problems: string[] = [];
  if (values.SMTP_HOST && values.SENDGRID_API_KEY)
    problems.push('SENDGRID_API_KEY: cannot be set together with SMTP_HOST; keep one');
  if ((values.SMTP_USER === null) !== (values.SMTP_PASSWORD === null))
    problems.push('SMTP_PASSWORD: must be set together with SMTP_USER');
  const { ARGON2_MEMORY_KIB: memory, ARGON2_PARALLELISM: lanes } = values;
  if (memory && lanes && memory < 8 * lanes)
    problems.push('ARGON2_MEMORY_KIB: must be at least 8 times ARGON2_PARALLELISM');
  problems.push(...storeProblems(values), ...bootstrapProblems(values));
  if (values.NODE_ENV === 'production') problems.push(...productionProblems(values));
  return problems;
}

function bootstrapProblems(values: Partial<Values>): string[] {
  const names = [
    'BOOTSTRAP_ADMIN_USERNAME',
    'BOOTSTRAP_ADMIN_EMAIL',
    'BOOTSTRAP_ADMIN_PASSWORD',
  ] as const;
  if (names.every((name) => values[name] === null)) return [];
  const problems = names
    .filter((name) => values[name] === null)
    .map((name) => `${name}: must be set together with the other BOOTSTRAP_ADMIN_ variables`);
  if (values.BOOTSTRAP_ADMIN_PASSWORD && !/^.{8,128}$/su.test(values.BOOTSTRAP_ADMIN_PASSWORD))
    problems.push('BOOTSTRAP_ADMIN_PASSWORD: must have 8 to 128 characters');
  if (
    values.BOOTSTRAP_ADMIN_USERNAME &&
    !/^[A-Za-z0-9_.-]{3,50}$/.test(values.BOOTSTRAP_ADMIN_USERNAME)
  )
    problems.push('BOOTSTRAP_ADMIN_USERNAME: must be 3 to 50 of letters, digits, _ . and -');
  return problems;
}

function productionProblems(values: Partial<Values>): string[] {
  const problems: string[] = [];
  const weakness = weaknessOfSecretKey(values.SECRET_KEY ?? null);
  if (weakness) problems.push(`SECRET_KEY: ${weakness}`);
  if (values.DATABASE_URL === null)
    problems.push('DATABASE_URL: is required in production (the embedded Postgres is not for it)');
  if (values.SMTP_HOST === null && values.SENDGRID_API_KEY === null)
    problems.push('SMTP_HOST: is required in production, or SENDGRID_API_KEY');
  if (values.FROM_EMAIL === null) problems.push('FROM_EMAIL: is required in production');
  return problems;
}

function backendUrl(values: Partial<Values>): string {
  return values.BACKEND_URL ?? `http://localhost:${values.PORT || 8000}`;
}

function allowsPrivateAddresses(values: Partial<Values>): boolean {
  return values.OAUTH_ALLOW_PRIVATE_ADDRESSES ?? values.NODE_ENV !== 'production';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function toConfig(values: Values, providers: readonly ProviderSettings[]): AppConfig {
  return {
    environment: values.NODE_ENV,
    process: {
      host: values.HOST,
      port: values.PORT,
      role: values.PROCESS_ROLE,
      logLevel: values.LOG_LEVEL,
      trustProxy: values.TRUST_PROXY ?? false,
      dataDir: values.DATA_DIR,
      poolThreads: values.UV_THREADPOOL_SIZE,
      shutdownDelaySeconds: values.SHUTDOWN_DELAY_SECONDS,
    },
    addresses: {
      backendUrl: backendUrl(values),
      frontendUrl: values.FRONTEND_URL,
      allowedOrigins: values.ALLOWED_ORIGINS ?? [new URL(values.FRONTEND_URL).origin],
      allowedRedirectUrls: values.ALLOWED_REDIRECT_URLS ?? [],
      emailLinks: values.EMAIL_LINKS,
    },
    ...storeSettings(values),
    isTraced: values.OTEL_EXPORTER_OTLP_ENDPOINT !== null,
    tokens: {
      issuer: values.BACKEND_URL ?? 'http://localhost:8000',
      secretKey: values.SECRET_KEY ?? developmentSecretKey(values.DATA_DIR),
      accessTokenAlgorithm: values.ACCESS_TOKEN_ALGORITHM,
      signingKeySeconds: values.SIGNING_KEY_ROTATION_DAYS * DAY || null,
      accessTokenSeconds: values.ACCESS_TOKEN_EXPIRE_MINUTES * MINUTE,
      refreshTokenSeconds: values.REFRESH_TOKEN_EXPIRE_DAYS * DAY,
      refreshReuseGraceSeconds: values.REFRESH_REUSE_GRACE_SECONDS,
      emailVerificationSeconds: values.EMAIL_VERIFICATION_TOKEN_EXPIRE_HOURS * HOUR,
      passwordResetSeconds: values.PASSWORD_RESET_TOKEN_EXPIRE_HOURS * HOUR,
      emailChangeSeconds: values.EMAIL_CHANGE_TOKEN_EXPIRE_HOURS * HOUR,
    },
    retention: {
      sessionSeconds: values.SESSION_RETENTION_DAYS * DAY,
      auditSeconds: values.AUDIT_RETENTION_DAYS * DAY || null,
    },
    ...signInConfig(values),
    oauth: {
      result: values.OAUTH_RESULT,
      allowsPrivateAddresses: allowsPrivateAddresses(values),
      providers,
    },
    ...deliveryConfig(values),
  };
}

function signInConfig(values: Values): Pick<AppConfig, 'signIn' | 'passwords' | 'limits'> {
  return {
    signIn: {
      requiresVerifiedEmail: values.LOGIN_REQUIRES_VERIFIED_EMAIL,
      registrationHidesAccounts: values.REGISTRATION_HIDES_ACCOUNTS,
      mailsNewSignIns: values.NEW_SIGN_IN_MAILS,
    },
    passwords: {
      minStrength: values.PASSWORD_MIN_STRENGTH,
      requireClasses: values.PASSWORD_REQUIRE_CLASSES,
      checkBreached: values.PASSWORD_CHECK_BREACHED,
      breachedUrl: values.PASSWORD_BREACHED_URL,
      argon2: {
        memoryKib: values.ARGON2_MEMORY_KIB,
        timeCost: values.ARGON2_TIME_COST,
        parallelism: values.ARGON2_PARALLELISM,
      },
    },
    limits: {
      enabled: values.RATE_LIMIT_ENABLED,
      login: values.RATE_LIMIT_LOGIN,
      loginIp: values.RATE_LIMIT_LOGIN_IP,
      loginWrongIp: values.RATE_LIMIT_LOGIN_WRONG_IP,
      loginStreak: values.RATE_LIMIT_LOGIN_STREAK,
      register: values.RATE_LIMIT_REGISTER,
      mail: values.RATE_LIMIT_MAIL,
      refresh: values.RATE_LIMIT_REFRESH,
      requests: values.RATE_LIMIT_REQUESTS,
    },
  };
}

function deliveryConfig(
  values: Values,
): Pick<AppConfig, 'mail' | 'bootstrapAdmin' | 'metricsToken' | 'introspectionTokens'> {
  return {
    mail: {
      smtp: values.SMTP_HOST
        ? {
            host: values.SMTP_HOST,
            port: values.SMTP_PORT,
            user: values.SMTP_USER,
            password: values.SMTP_PASSWORD,
            secure: values.SMTP_SECURE,
          }
        : null,
      sendgrid: values.SENDGRID_API_KEY
        ? { apiKey: values.SENDGRID_API_KEY, url: values.SENDGRID_URL }
        : null,
      fromEmail: values.FROM_EMAIL ?? 'no-reply@localhost.localdomain',
      fromName: values.FROM_NAME ?? values.COMPANY_NAME,
      companyName: values.COMPANY_NAME,
      supportEmail: values.SUPPORT_EMAIL,
      logoUrl: values.LOGO_URL,
    },
    bootstrapAdmin: values.BOOTSTRAP_ADMIN_USERNAME
      ? {
          username: values.BOOTSTRAP_ADMIN_USERNAME,
          email: values.BOOTSTRAP_ADMIN_EMAIL!,
          password: values.BOOTSTRAP_ADMIN_PASSWORD!,
        }
      : null,
    metricsToken: values.METRICS_TOKEN,
    introspectionTokens: values.INTROSPECTION_TOKEN ?? [],
  };
}
