import { signUp } from '../support/people';
import { startTestApp, type TestApp } from '../support/test-app';

let test: TestApp;
afterEach(() => test.close());

it('counts requests by route, and says how much mail is owed', async () => {
  test = await startTestApp();
  await signUp(test);
  await test.mailsSettled();
  await test.api.get('/no/such/route');

  const { status, headers, text } = await test.api.get('/metrics');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch('text/plain');
  expect(text).toMatch(
    /request_duration_seconds_count\{method="POST",route="\/api\/v1\/auth\/register",status="201"\} 1/,
  );
  expect(text).not.toContain('/no/such/route');
  expect(text).toMatch(/^gatehouse_mail_unsent 0$/m);
  expect(text).toMatch(/^gatehouse_hashing_in_flight 0$/m);
});

it('asks for METRICS_TOKEN where there is one', async () => {
  test = await startTestApp({ env: { METRICS_TOKEN: 'scrape-me' } });
  expect((await test.api.get('/metrics')).status).toBe(401);
  expect((await test.api.get('/metrics', { token: 'scrape-you' })).status).toBe(401);
  expect((await test.api.get('/metrics', { token: 'scrape-me' })).status).toBe(200);
});
