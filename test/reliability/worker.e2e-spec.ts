import { AppModule } from '../../src/app.module';
import { routesOf } from '../../src/route-table';
import { expectProblem } from '../support/problems';
import { startTestApp, type TestApp } from '../support/test-app';

let worker: TestApp;
beforeAll(async () => {
  worker = await startTestApp({ env: { PROCESS_ROLE: 'worker' } });
});
afterAll(() => worker.close());

/** For whoever watches over it: an orchestrator's probes, and Prometheus. */
const WATCHED = /^\/(metrics|api\/v1\/health|api\/v1\/health\/(live|ready|database|queue))$/;

describe('a process that only works', () => {
  it.each([
    'health',
    'health/live',
    'health/ready',
    'health/database',
    'health/queue',
    '/metrics',
    '/api/health/live',
  ])('answers GET %s', async (path) => {
    const { status, text } = await worker.api.get(path);
    expect([status, text]).toEqual([200, expect.any(String)]);
  });

  it('has no other route', async () => {
    const routes = routesOf(AppModule.register(worker.config, { options: {} }));
    const hidden = routes.filter(({ path }) => !WATCHED.test(path));
    expect(hidden.length).toBe(routes.length - 6);
    for (const { method, path } of hidden)
      for (const spelling of [path, path.replace('/api/v1/', '/api/')])
        expectProblem(await worker.api.call(method, spelling, {}), 404, 'not_found');
  });

  it.each([
    '/docs',
    '/docs/json',
    '/openapi.json',
    '/redoc',
    '/',
    '/api/v1/health/other',
    '/metrics/x',
  ])('does not answer GET %s', async (path) => {
    expectProblem(await worker.api.get(path), 404, 'not_found');
  });
});
