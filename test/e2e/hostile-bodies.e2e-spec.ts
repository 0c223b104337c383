import { gzipSync } from 'node:zlib';
import { BODY_ROUTES, JSON_ROUTES, named, Sender, typeOf } from '../support/body-routes';
import { expectCleanLogs, expectDone, expectInvalid, expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
let sender: Sender;
beforeAll(async () => {
  test = await startTestApp();
  sender = new Sender(test);
});
afterAll(async () => {
  expectCleanLogs(test.logs, [MARK]);
  await test.close();
});

/** A value that would be recognised wherever it came back. */
const MARK = 'Xq7-do-not-repeat-me';

describe('a body', () => {
  const nested = (depth: number) => '[1,'.repeat(depth) + ']'.repeat(depth);
  const JSON_TYPE = { 'content-type': 'application/json' };

  it.each(named(JSON_ROUTES))('of %s must be an object', async (_, route) => {
    for (const raw of ['[]', '["a"]', '"text"', '7', '1e999', 'true'])
      expectInvalid(await sender.send(route, raw), ['']);
  });

  it.each(named(JSON_ROUTES))('of %s counts as empty when null or missing', async (_, route) => {
    const required = Object.keys(await sender.goodBody(route)).filter(
      (field) => !route.optional?.includes(field),
    );
    for (const raw of ['null', '{}', '', ' \n']) {
      const answer = await sender.send(route, raw);
      if (required.length === 0) expectDone(answer);
      else
        expectInvalid(
          answer,
          required.map((field) => `/${field}`),
        );
    }
  });

  it.each(named(JSON_ROUTES))('of %s is 400 when it is not JSON', async (_, route) => {
    const good = JSON.stringify(await sender.goodBody(route));
    for (const raw of [
      good.slice(0, -1),
      good.slice(0, good.length / 2),
      `${good}${good}`,
      `${good},`,
      `\ufeff${good}`,
      good.replaceAll('"', "'"),
      `{"a": 01}`,
      `{"a": NaN}`,
      '{"a": "\u0000"}',
      '{',
      MARK,
      gzipSync(good),
    ])
      expectProblem(await sender.send(route, raw), 400, 'malformed_json', [MARK]);
    for (const raw of [nested(10_000), `{"a":${nested(10_000)}}`, '{"a":'.repeat(10_000)])
      expectProblem(await sender.send(route, raw), 400, 'malformed_request');
  });

  it.each(named(BODY_ROUTES))('of %s may hold 100 KiB and no more', async (_, route) => {
    const headers = { 'content-type': typeOf(route) };
    const fill = (size: number) =>
      route.isForm ? 'a='.padEnd(size, 'x') : `"${'x'.repeat(size - 2)}"`;
    const most = await sender.send(route, fill(100 * 1024), headers);
    expectProblem(most, 422, 'validation_failed', ['xxx']);
    for (const size of [100 * 1024 + 1, 1024 * 1024])
      expectProblem(await sender.send(route, fill(size), headers), 413, 'body_too_large');
  });

  it.each(named(JSON_ROUTES))('of %s with a key twice has the last value', async (_, route) => {
    const good = JSON.stringify(await sender.goodBody(route)).slice(1);
    const twice = Object.keys(await sender.goodBody(route)).map((field) => `"${field}":7,`);
    expectDone(await sender.send(route, `{${twice.join('')}${good}`));
  });

  it.each(named(BODY_ROUTES))('of %s is 415 as anything but what it takes', async (_, route) => {
    const good = await sender.goodBody(route);
    const asJson = JSON.stringify(good);
    const asForm = new URLSearchParams(good).toString();
    const [right, wrong] = route.isForm ? [asForm, asJson] : [asJson, asForm];
    const other = route.isForm ? 'application/json' : 'application/x-www-form-urlencoded';
    for (const raw of [right, wrong])
      for (const type of [
        other,
        'text/plain',
        'multipart/form-data; boundary=x',
        'application/json5',
        'application/problem+json',
        'application/json, text/plain',
        'text/json',
        'x',
        ';',
        '*/*',
        '',
      ]) {
        const answer = await sender.send(route, raw, { 'content-type': type });
        expectProblem(answer, 415, 'unsupported_media_type', [raw]);
        expect(answer.body.detail).toContain(typeOf(route));
      }
    // Bytes, to which fetch adds no content type.
    expectProblem(await sender.send(route, Buffer.from(right), {}), 415, 'unsupported_media_type');
  });

  it.each(named(JSON_ROUTES))(
    'of %s in a foreign charset or coding is no server error',
    async (_, route) => {
      for (const [raw, headers] of [
        [
          Buffer.from('{"a":"b"}', 'utf16le'),
          { 'content-type': 'application/json; charset=utf-16' },
        ],
        [
          Buffer.from('{"password":"\xff\xfe"}', 'latin1'),
          { 'content-type': 'application/json; charset=latin1' },
        ],
        ['{"a":1}', { 'content-type': 'application/json; charset=bogus' }],
        [gzipSync('{}'), { ...JSON_TYPE, 'content-encoding': 'gzip' }],
        ['{"a":1}', { ...JSON_TYPE, 'content-encoding': 'bogus' }],
      ] as const) {
        const answer = await sender.send(route, raw, headers);
        expect([400, 415, 422]).toContain(answer.status);
        expectProblem(answer, answer.status, answer.body.code);
      }
    },
  );
});
