import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, inspectConfig, loadConfig } from './env';

it('tells the problems that a start would tell, and goes on with defaults in their place', () => {
  const environment = {
    NODE_ENV: 'production',
    PORT: 'many',
    DATABASE_POOL_SIZE: '25',
    SMTP_USER: 'ada',
    REDIS_DSN: 'redis://redis',
  };
  const { config, problems } = inspectConfig(environment);
  const start = () => loadConfig(environment);
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(problems.join('\n'));
  expect(config).toMatchObject({
    environment: 'production',
    process: { port: 8000 },
    database: { url: null, poolSize: 25 },
    redis: { kind: 'single', nodes: [{ host: 'redis', port: 6379 }] },
    mail: { smtp: null },
  });
});

it('is the configuration of a start where nothing is wrong', () => {
  const environment = {
    NODE_ENV: 'test',
    SECRET_KEY: 'k',
    GOOGLE_CLIENT_ID: 'id',
    GOOGLE_CLIENT_SECRET: 's',
  };
  const { config, problems } = inspectConfig(environment);
  expect([problems, config]).toEqual([[], loadConfig(environment)]);
});

it('leaves out the providers that are set up wrong', () => {
  const { config } = inspectConfig({ OAUTH_PROVIDERS: 'acme', ACME_CLIENT_ID: 'id' });
  expect(config.oauth.providers.map(({ name }) => name)).toEqual(['google', 'discord']);
});

it('makes no secret key, and knows which variables are set to something', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-inspect-'));
  const environment = { DATA_DIR: directory, PORT: 'many', SECRET_KEY: '', HOST: ' ' };
  const { config, given } = inspectConfig(environment);
  expect(config.tokens.secretKey).toBe('');
  expect(existsSync(join(directory, 'secret-key'))).toBe(false);
  expect([...given]).toEqual(['DATA_DIR', 'PORT']);
  rmSync(directory, { recursive: true });
});
