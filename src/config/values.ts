import { isIP } from 'node:net';
import { isValid } from 'ipaddr.js';
import { z } from 'zod';
import type { RateLimit } from './app-config';
import { parseRedisUrl } from './redis-url';

/** Parsers from the text of one environment variable to its typed value. */

export const text = z.string();

export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

export const flag = z.stringbool({ error: 'must be true or false' });

export const decimal = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error: `must be a number from ${min} to ${max}`, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, {
      error: `must be a number from ${min} to ${max}`,
    });

export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, { error: `must be a whole number from ${min} to ${max}`, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, {
      error: `must be a whole number from ${min} to ${max}`,
    });

export const email = z.email({ error: 'must be an e-mail address' });

/** Parsers also take `http:host`, and cut line breaks out of what others read as it is written. */
const WRITTEN_OUT = /^[a-z]+:\/\/[^\s\p{Cc}\\]+$/iu;

const parseUrl = (value: string, protocols: readonly string[]): URL | null => {
  const url = WRITTEN_OUT.test(value) && URL.canParse(value) ? new URL(value) : null;
  return url && protocols.includes(url.protocol) ? url : null;
};

export const url = (...protocols: readonly string[]) =>
  z.string().refine((value) => parseUrl(value, protocols) !== null, {
    error: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });

export const webUrl = url('http:', 'https:').transform((value) => value.replace(/\/+$/, ''));

export const redisUrl = z
  .string()
  .transform(parseRedisUrl)
  .refine((target) => target !== null, {
    error:
      'must look like redis://host:6379, redis+cluster://host1:6379,host2:6379 or redis+sentinel://host1:26379,host2:26379?master=name (rediss for TLS)',
  });

/** Part of keys, and in braces: what is in there must not end them. */
export const keyPrefix = z.string().regex(/^[\w.:-]{1,64}$/, {
  error: 'must be 1 to 64 of letters, digits, _ . : and -',
});

export const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** What fits into an Authorization header and is no word that somebody might try. */
export const secrets = z
  .string()
  .transform(list)
  .refine((items) => items.length > 0 && items.every((item) => /^[!-~]{16,}$/.test(item)), {
    error: 'must be a comma-separated list of secrets, each of at least 16 ASCII characters',
  });

export const webUrls = z
  .string()
  .transform(list)
  .refine((items) => items.every((item) => parseUrl(item, ['http:', 'https:'])), {
    error: 'must be a comma-separated list of URLs that start with http:// or https://',
  });

export const origins = webUrls.transform((items) => items.map((item) => new URL(item).origin));

const isAddressOrRange = (value: string): boolean => {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  // The server reads them with the latter, which throws at a zone like `%eth-0`.
  if (family === 0 || !isValid(address) || rest.length > 0) return false;
  // Not /0: it would be everybody, whom the server refuses to trust.
  return (
    prefix === undefined ||
    (/^\d*[1-9]\d*$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
  );
};

/** A hop count, or addresses and CIDR ranges. */
export const trustProxy = z
  .string()
  .transform((value) => (/^\d{1,3}$/.test(value) ? Number(value) : list(value)))
  .refine((value) => typeof value === 'number' || value.every(isAddressOrRange), {
    error: 'must be a number of proxies, or a comma-separated list of addresses and CIDR ranges',
  })
  .transform((value): false | number | string[] => (value === 0 ? false : value));

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `5/60s`: five in sixty seconds; units s, m, h, d. */
export const rateLimit = z
  .string()
  .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,6}[smhd]$/, {
    error: 'must look like 5/60s (five in sixty seconds; units s, m, h, d)',
    abort: true,
  })
  .transform((value): RateLimit => {
    const [, points, amount, unit] = /^(\d+)\/(\d+)([smhd])$/.exec(value)!;
    return {
      points: Number(points),
      seconds: Number(amount) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS],
    };
  });
