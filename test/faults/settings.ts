/** The default, and what the runs are set to. */
export const GRACE_SECONDS = 10;
/** How many mails a worker sends at a time (`MailProcessor`), and so what one fault may repeat. */
export const MAILS_AT_ONCE = 5;

/** As in production, but for cheap hashes and for limits that nobody reaches. */
export const SETTINGS = {
  NODE_ENV: 'production',
  SECRET_KEY: 'rJ4vT9qLw2XzB7nKd5YcH8mPs3GfA6eUuQ1oIiRk',
  FROM_EMAIL: 'no-reply@gatehouse.test',
  SMTP_HOST: '127.0.0.1',
  REFRESH_REUSE_GRACE_SECONDS: String(GRACE_SECONDS),
  ARGON2_MEMORY_KIB: '1024',
  ARGON2_TIME_COST: '1',
  RATE_LIMIT_LOGIN: '9999999/60s',
  RATE_LIMIT_LOGIN_IP: '9999999/60s',
  RATE_LIMIT_LOGIN_WRONG_IP: '9999999/60s',
  RATE_LIMIT_LOGIN_STREAK: '9999999/60s',
  RATE_LIMIT_REGISTER: '9999999/60s',
  RATE_LIMIT_MAIL: '9999999/60s',
  RATE_LIMIT_REFRESH: '9999999/60s',
  RATE_LIMIT_REQUESTS: '9999999/60s',
};
