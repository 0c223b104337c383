import { readFileSync } from 'node:fs';
import { renderEnvExample } from '../../src/config/env-example';

it('has in .env.example exactly what the service reads, with its defaults', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(renderEnvExample());
});
