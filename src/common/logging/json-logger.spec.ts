import { JsonLogger } from './json-logger';

const HEADERS = ['authorization', 'cookie', 'set-cookie', 'x-csrf-token'];
const FIELDS = ['password', 'access_token', 'refresh_token', 'csrf_token', 'email'];

it.each([...HEADERS, ...FIELDS])('never writes what is called %s, however deep it lies', (name) => {
  const lines: string[] = [];
  const logger = new JsonLogger('info', { write: (line) => void lines.push(line) });
  const secret = { [name]: 'hush' };
  logger.log({ msg: 'said', ...secret, request: { ...secret, headers: secret }, kept: 'loud' });
  expect(lines.join('')).not.toContain('hush');
  expect(lines.join('')).toContain('loud');
});
