import { Validator } from '@seriousme/openapi-schema-validator';
import { routesOf } from '../../src/route-table';
import { AppModule } from '../../src/app.module';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
// oxlint-disable-next-line typescript/no-explicit-any
let document: any;
beforeAll(async () => {
  test = await startTestApp();
  document = (await test.api.get('/openapi.json')).body;
});
afterAll(() => test.close());

// oxlint-disable-next-line typescript/no-explicit-any
const operations = (): [string, any][] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as object).map(([method, operation]): [string, unknown] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

it('is valid OpenAPI', async () => {
  const result = await new Validator().validate(document);
  expect(result.errors).toBeUndefined();
  expect(result.valid).toBe(true);
});

it('gives no two schemas one name', () => {
  expect(test.logs.filter((line) => line.includes('Duplicate DTO'))).toEqual([]);
});

it('shows every route once, in its canonical spelling', () => {
  // The short spellings are those of auth/oauth, for clients that know no other.
  const hidden =
    /^\/(pages|dev|metrics|api\/v1\/auth(\/link)?\/:provider\/callback|api\/v1\/auth\/:provider)\//;
  const routes = routesOf(AppModule.register(test.config, { options: {} }))
    .filter(({ path }) => !hidden.test(`${path}/`))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect(
    operations()
      .map(([name]) => name)
      .toSorted(),
  ).toEqual(routes.toSorted());
});

it('describes every route, what it takes and how it refuses', () => {
  for (const [name, operation] of operations()) {
    expect([name, operation.summary]).toEqual([name, expect.any(String)]);
    expect([name, Object.keys(operation.responses).length > 0]).toEqual([name, true]);
    const takesBody = /^(POST|PATCH|PUT)/.test(name) && operation.requestBody;
    if (takesBody)
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['415']));
  }
  const ids = operations().map(([, operation]) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('says once how each route is signed in to, as its policy has it', () => {
  const policies = new Map(
    routesOf(AppModule.register(test.config, { options: {} })).map(({ method, path, policy }) => [
      `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`,
      policy!,
    ]),
  );
  const cookieOf = (name: string) =>
    name.startsWith('GET ') ? { cookie: [] } : { cookie: [], csrf: [] };
  // Of one's own session, whether it is still good or not.
  const optional: Record<string, object[]> = {
    'POST /api/v1/auth/logout': [{ bearer: [] }, { cookie: [], csrf: [] }],
    'GET /api/v1/auth/csrf': [{ cookie: [] }],
  };
  for (const [name, { security, ...operation }] of operations()) {
    const { who, bearerOnly } = policies.get(name)!;
    const byToken = [{ bearer: [] }, { password: [] }];
    const signedIn = bearerOnly ? byToken : [...byToken, cookieOf(name)];
    const wanted = who === 'public' ? optional[name] : signedIn;
    expect([name, new Set(security)]).toEqual([name, new Set(wanted)]);
    expect([name, security?.length]).toEqual([name, wanted?.length]);
    expect(operation).not.toHaveProperty('x-bearer-only');
  }
});

it('gives every field of every schema an example or a description', () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const { properties } = schema as { properties: Record<string, object> };
    for (const [field, property] of Object.entries(properties)) {
      if (name === 'Problem' || '$ref' in property || 'items' in property) continue;
      expect([`${name}.${field}`, 'example' in property || 'description' in property]).toEqual([
        `${name}.${field}`,
        true,
      ]);
    }
  }
});
