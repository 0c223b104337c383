import { decimal, oneOf, secrets, text } from './values';
import { variable } from './variable';

/** What is said of tokens: the keys that sign them, how long they live, who may ask about them. */
export const TOKEN_VARIABLES = {
  SECRET_KEY: variable(
    text,
    null,
    'signs every token; in development made once and kept under DATA_DIR',
  ),
  ACCESS_TOKEN_EXPIRE_MINUTES: variable(decimal(0.01, 1440), '30', 'life of an access token'),
  ACCESS_TOKEN_ALGORITHM: variable(
    oneOf('HS256', 'RS256', 'ES256'),
    'HS256',
    'HS256 signs with SECRET_KEY; the others with keys that others check by /.well-known/jwks.json',
  ),
  SIGNING_KEY_ROTATION_DAYS: variable(
    decimal(0, 3650),
    '90',
    'how long an RS256 or ES256 key signs before the next one does; 0 for ever',
  ),
  INTROSPECTION_TOKEN: variable(
    secrets,
    null,
    'secrets, comma-separated, of services that may ask about tokens; without one nobody may',
  ),
  REFRESH_TOKEN_EXPIRE_DAYS: variable(
    decimal(0.0001, 3650),
    '7',
    'life of a session that is not refreshed',
  ),
  REFRESH_REUSE_GRACE_SECONDS: variable(
    decimal(0, 300),
    '10',
    'how long the refresh token just replaced still answers with the current pair',
  ),
  EMAIL_VERIFICATION_TOKEN_EXPIRE_HOURS: variable(
    decimal(0.01, 720),
    '24',
    'life of a verification link',
  ),
  PASSWORD_RESET_TOKEN_EXPIRE_HOURS: variable(decimal(0.01, 72), '1', 'life of a reset link'),
  EMAIL_CHANGE_TOKEN_EXPIRE_HOURS: variable(
    decimal(0.01, 72),
    '1',
    'life of an e-mail change link',
  ),
} as const;
