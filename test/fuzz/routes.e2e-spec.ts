import type { Answer } from '../support/api';
import { forAllAsync } from '../support/fuzz';
import { expectCleanLogs } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';
import { AnswerCheck } from './support/answer-check';
import { Callers, forgedToken, SERVICE_CREDENTIAL } from './support/callers';
import { type ApiDocument, type Operation, operationsOf } from './support/operations';
import { oddRequests, validRequests, type WrittenRequest } from './support/requests';

const VALID_RUNS = 10;
const ODD_RUNS = 25;

/** Nobody listens there: a provider that is down. */
const NOWHERE = 'http://127.0.0.1:9';
const ENVIRONMENT = {
  OAUTH_PROVIDERS: 'acme',
  GOOGLE_CLIENT_ID: 'id',
  GOOGLE_CLIENT_SECRET: 'secret',
  GOOGLE_TOKEN_URL: `${NOWHERE}/token`,
  ACME_CLIENT_ID: 'id',
  ACME_CLIENT_SECRET: 'secret',
  ACME_ISSUER: NOWHERE,
  INTROSPECTION_TOKEN: SERVICE_CREDENTIAL,
};

let test: TestApp;
let operations: Operation[];
let check: AnswerCheck;
let callers: Callers;
let witnesses: string[];
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  test = await startTestApp({ env: ENVIRONMENT });
  const document = (await test.api.get('/openapi.json')).body as ApiDocument;
  operations = operationsOf(document);
  check = new AnswerCheck(document);
  callers = new Callers(test);
  witnesses = [await callers.witness('admin'), await callers.witness('user')];
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await test.close();
});

/** Puts in what belongs to the caller, and forgets everybody once something was changed. */
async function send(operation: Operation, request: WrittenRequest): Promise<Answer> {
  const { headers, values } = await callers.get(request.caller);
  const all = { ...values, $FORGED: forgedToken(test, values.$ACCESS!, request.forged) };
  const filled = (text: string): string =>
    text.replaceAll(/\$[A-Z]+/g, (name) => (all as Record<string, string>)[name] ?? name);
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(filled(request.path[name]!)),
  );
  const query = request.query.map(([name, value]) => [
    name.toWellFormed(),
    filled(value).toWellFormed(),
  ]);
  const search = new URLSearchParams(query as [string, string][]).toString();
  const { body } = request;
  const answer = await test.api.call(operation.method, search === '' ? path : `${path}?${search}`, {
    headers: {
      ...request.headers,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value)])),
      ...(body && { 'content-type': body.type }),
    },
    ...(body && operation.method !== 'GET' && { raw: filled(body.text).toWellFormed() }),
  });
  if (operation.method !== 'GET' && answer.status < 300) callers.forget();
  return answer;
}

/** Each operation with what it did wrong, for all of them at once. */
async function faults(
  act: (operation: Operation, salt: number) => Promise<void>,
): Promise<string[]> {
  const found: string[] = [];
  for (const [salt, operation] of operations.entries())
    await act(operation, salt).catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause.message : '';
      found.push(brief(`${operation.name}: ${error.message}\n${cause}`));
    });
  return found;
}

const brief = (text: string): string => text.replaceAll(/(.)\1{50,}/g, '$1…');

/** What cannot succeed here: a provider would have to answer, or a link to be followed by a person. */
const NEEDS_MORE = [
  'DELETE /api/v1/users/me/link/{provider}',
  'GET /auth/oauth/callback/{provider}',
  'GET /auth/verify-email',
];

it('every route does what it is asked for, and answers as its documentation says', async () => {
  const succeeded = new Set<string>();
  const found = await faults((operation, salt) =>
    forAllAsync(
      [validRequests(operation)],
      async (request) => {
        const answer = await send(operation, request);
        if (answer.status < 400) succeeded.add(operation.name);
        check.expectDocumented(operation, answer);
      },
      { runs: VALID_RUNS, salt },
    ),
  );
  expect(found).toEqual([]);
  const idle = operations.map(({ name }) => name).filter((name) => !succeeded.has(name));
  expect(idle.filter((name) => !NEEDS_MORE.includes(name))).toEqual([]);
});

it('whatever anybody sends, every route refuses as its documentation says, and breaks nothing', async () => {
  const found = await faults((operation, salt) =>
    forAllAsync(
      [oddRequests(operation)],
      async (request) => check.expectDocumented(operation, await send(operation, request)),
      { runs: ODD_RUNS, salt },
    ),
  );
  expect(found).toEqual([]);
});

it('after all that the service is as well as before, and nobody is gone', async () => {
  // That no provider answers is noted as an error, and none here does.
  expectCleanLogs(test.logs.filter((line) => !line.includes('"code":"provider_error"')));
  expect(rejections).toEqual([]);
  const rows = await test.query('SELECT id, role, is_active FROM users WHERE id = ANY($1)', [
    witnesses,
  ]);
  const roleOf = (id: string | undefined) => rows.find((row) => row.id === id);
  expect(witnesses.map(roleOf)).toEqual([
    { id: witnesses[0], role: 'admin', is_active: true },
    { id: witnesses[1], role: 'user', is_active: true },
  ]);
  expect((await test.api.get('health')).status).toBe(200);
  expect(({} as Record<string, unknown>).is_admin).toBeUndefined();
});
