import * as fc from 'fast-check';
import { anyText, forAll, mutated } from '../../test/support/fuzz';
import { httpAdapter } from '../http-adapter';
import type { AppConfig } from './app-config';
import { ConfigError, inspectConfig, loadConfig } from './env';
import { fieldMap, providerNames } from './provider-values';
import { PROVIDER_VARIABLES } from './provider-variables';
import { decimal, list, origins, rateLimit, trustProxy, webUrl, webUrls, whole } from './values';
import { parseVariables, type VariableTable } from './variable';
import { VARIABLES } from './variables';

/** A value that would be recognised wherever it came back. */
const MARK = 'Xq7-do-not-repeat-me';

const PROVIDER = Object.fromEntries(
  Object.entries(PROVIDER_VARIABLES).map(([suffix, variable]) => [`ACME_${suffix}`, variable]),
);
const ALL: VariableTable = Object.assign({}, PROVIDER, ...Object.values(VARIABLES));
const NAMES = Object.keys(ALL);

/** What some variable takes, and what is hardly any of it. */
const GOOD = [
  'true',
  'production',
  '8000',
  '0.5',
  '5/60s',
  'ada@example.com',
  'https://app.example.com/x?y#z',
  'http://[::1]:3000//',
  'http://a, https://b',
  'postgres://u:p@localhost:5432/db',
  'rediss+sentinel://u:p%40@h1:26379,[::1]:26379/1?master=main&sentinel_password=x',
  'redis+cluster://a:6379,b',
  '10.0.0.0/8, ::1',
  'github, acme',
  'subject=id,picture=avatar.url',
];
const likely = fc.constantFrom(...GOOD);
const anyValue = fc.oneof(anyText(), likely, mutated(likely));
const marked = fc.tuple(anyValue, anyValue).map(([head, tail]) => head + MARK + tail);

it('a variable of any text has a value or one line that names it', () => {
  forAll([fc.constantFrom(...NAMES), anyValue], (name, value) => {
    const { values, problems } = parseVariables({ [name]: value }, { [name]: ALL[name]! });
    const isTaken = name in values;
    const line = expect.stringMatching(new RegExp(`^${name}: must [^\\n\\r]+$`));
    expect(problems).toEqual(isTaken ? [] : [line]);
  });
});

it('a problem never holds the value, which may be a secret', () => {
  forAll([fc.constantFrom(...NAMES), marked], (name, value) => {
    const { problems } = inspectConfig({
      OAUTH_PROVIDERS: 'acme',
      SECRET_KEY: MARK,
      [name]: value,
    });
    expect(problems.join('\n')).not.toContain(MARK);
  });
});

it('any environment is a configuration, or a ConfigError with one line for each problem', () => {
  const environment = fc.dictionary(fc.constantFrom(...NAMES), anyValue, { maxKeys: 8 });
  forAll([environment], (given) => {
    const set = { ...given, OAUTH_PROVIDERS: 'acme', SECRET_KEY: 'k' };
    const { problems, config } = inspectConfig(set);
    expect(config.oauth.providers.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/^[A-Z][A-Z0-9_]*: [^\n\r]+$/);
    const isGood = problems.length === 0;
    expect(outcomeOf(() => loadConfig(set))).toEqual(isGood ? config : new ConfigError(problems));
  });
});

const outcomeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('what is taken', () => {
  const taken = <T>(
    schema: { safeParse(text: string): { data?: T } },
    text: string,
  ): T | undefined => schema.safeParse(text).data;
  const digits = fc.stringMatching(/^[0-9]{1,18}(\.[0-9]{1,18})?$/);

  it('for a number lies within its range', () => {
    forAll([fc.oneof(digits, anyValue)], (text) => {
      const { part = 1, integer = 1 } = {
        part: taken(decimal(0.5, 300), text),
        integer: taken(whole(1, 65_535), text),
      };
      expect(part >= 0.5 && part <= 300).toBe(true);
      expect(integer >= 1 && integer <= 65_535 && Number.isInteger(integer)).toBe(true);
    });
  });

  it('for a web address begins with http:// or https:// and breaks no line it is written into', () => {
    const address = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), likely);
    const odd = fc
      .tuple(
        fc.constantFrom('http:', 'HTTPS:', 'https://', 'http:/', 'http:\\\\', 'ftp://', ''),
        fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
        anyText(5),
      )
      .map((parts) => parts.join(''));
    forAll([fc.oneof(address, mutated(address), odd, anyText())], (text) => {
      const url = taken(webUrl, text.trim());
      if (url === undefined) return;
      expect(url).toMatch(/^https?:\/\/[^\s\p{Cc}]*[^\s\p{Cc}/]$/iu);
      expect(new URL(url).href.replace(/\/+$/, '')).toBe(
        new URL(text.trim()).href.replace(/\/+$/, ''),
      );
    });
  });

  it('for a list is the same however it is spaced, and empty items are none', () => {
    const item = anyText(8).map((text) => text.replaceAll(',', '').trim());
    const space = fc.stringMatching(/^[ \t]{0,2}$/);
    forAll([fc.array(fc.tuple(space, item, space))], (items) => {
      const written = items.map((parts) => parts.join('')).join(',');
      expect(list(written)).toEqual(items.map(([, text]) => text).filter((text) => text !== ''));
    });
  });

  it('for origins is what browsers send as Origin', () => {
    const address = fc.oneof(fc.webUrl({ withQueryParameters: true }), likely);
    forAll([fc.array(fc.oneof(address, mutated(address)))], (items) => {
      const [urls, found] = [taken(webUrls, items.join(',')), taken(origins, items.join(','))];
      expect(found?.length).toBe(urls?.length);
      for (const origin of found ?? []) expect(new URL(origin).origin).toBe(origin);
    });
  });

  it('for TRUST_PROXY is a sane count or what the server can be started with', () => {
    const range = fc
      .tuple(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.constantFrom('', '/', '%eth0', '%a-b.c'),
        fc.oneof(fc.nat(2), fc.nat(140)),
      )
      .map(([ip, sign, bits]) => ip + sign + (sign === '/' ? bits : ''));
    const value = fc.oneof(digits, range, fc.array(range).map(String), mutated(range), anyValue);
    forAll([value], (text) => {
      const trusted = taken(trustProxy, text);
      if (trusted === undefined) return;
      expect(() => httpAdapter({ process: { trustProxy: trusted } } as AppConfig)).not.toThrow();
      expect(typeof trusted === 'number' ? trusted : 0).toBeLessThan(1000);
    });
  });

  it('for a rate limit is some points in some seconds', () => {
    const limit = fc.stringMatching(/^[0-9]{1,7}\/[0-9]{1,7}[smhd]$/);
    forAll([fc.oneof(limit, mutated(limit), anyText())], (text) => {
      const { points, seconds } = taken(rateLimit, text) ?? { points: 1, seconds: 1 };
      for (const number of [points, seconds])
        expect([Number.isSafeInteger(number), number > 0]).toEqual([true, true]);
    });
  });

  it('for providers is the lower-case name of no route', () => {
    const name = fc.oneof(fc.constantFrom('Google', 'ME', 'link', 'acme_2', 'csrf'), anyText(33));
    forAll([fc.array(name)], (names) => {
      for (const found of taken(providerNames, names.join(',')) ?? []) {
        expect(found).toMatch(/^[a-z][a-z0-9_]{1,30}$/);
        expect(['me', 'link', 'csrf', 'oauth', 'login']).not.toContain(found);
      }
    });
  });

  it('for a field map says where each fact is that it names, and nothing else', () => {
    const facts = ['subject', 'email', 'email_verified', 'name', 'username', 'picture'];
    const name = fc.oneof(fc.constantFrom(...facts), anyText(8));
    const path = fc.oneof(fc.stringMatching(/^[a-z]{1,5}([.=][a-z_0-9]{1,5}){0,2}$/), anyText(8));
    const pair = fc.tuple(name, path).map((parts) => parts.join('='));
    forAll([fc.array(pair, { maxLength: 5 }).map(String)], (text) => {
      const map = taken(fieldMap, text);
      if (!map) return;
      const written = list(text).map((item) => item.split('=') as [string, string]);
      const wanted = Object.fromEntries([['subject', 'sub'], ...written]);
      const { emailVerified, ...rest } = map;
      const found = Object.entries({ ...rest, email_verified: emailVerified });
      expect(Object.fromEntries(found.filter(([, value]) => value !== null))).toEqual(wanted);
      expect(text).not.toMatch(/=[^,]*=/);
    });
  });
});
