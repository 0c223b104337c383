import { readFileSync, writeFileSync } from 'node:fs';
import { AppModule } from '../../src/app.module';
import { isGranted } from '../../src/common/access/permissions';
import { ROLES } from '../../src/common/access/principal';
import { routesOf } from '../../src/route-table';
import { AccessProbe, type AccessRow, renderAccess } from '../support/access-table';
import { startTestApp, type TestApp } from '../support/test-app';

const TABLE = 'test/architecture/access.txt';

let test: TestApp;
let rows: AccessRow[];
beforeAll(async () => {
  test = await startTestApp({ env: { LOGIN_REQUIRES_VERIFIED_EMAIL: 'false' } });
  const routes = routesOf(AppModule.register(test.config, { options: {} }));
  rows = await new AccessProbe(test).knockAtAll(routes);
}, 300_000);
afterAll(() => test.close());

const named = ({ route }: AccessRow): string => `${route.method} ${route.path}`;

it('answers every caller at every route as access.txt says', () => {
  const table = renderAccess(rows);
  if (process.env.UPDATE_ACCESS) writeFileSync(TABLE, table);
  expect(table).toBe(readFileSync(TABLE, 'utf8'));
});

it('answers nobody with a server error', () => {
  const broken = rows.filter(({ statuses }) => Object.values(statuses).includes(500));
  expect(broken.map(named)).toEqual([]);
});

it('lets nobody without a session past a route for signed-in callers', () => {
  const closed = rows.filter(({ route }) => route.policy?.who === 'signed-in');
  expect(closed.length).toBeGreaterThan(20);
  for (const row of closed) {
    const { anonymous, disabled } = row.statuses;
    expect([named(row), anonymous, disabled]).toEqual([named(row), 401, 401]);
  }
});

it('lets no role past a permission that it does not grant, and those that do', () => {
  for (const row of rows) {
    const { permissions = [], roles = ROLES } = row.route.policy!;
    if (permissions.length === 0 && roles === ROLES) continue;
    for (const role of ROLES) {
      const may = roles.includes(role) && permissions.every((each) => isGranted(role, each));
      const isIn = row.statuses[role] !== 403;
      expect([named(row), role, isIn]).toEqual([named(row), role, may]);
    }
  }
});

it('holds an owner of the role "user" to what their role grants', () => {
  for (const row of rows) {
    const { permissions = [] } = row.route.policy!;
    if (permissions.length === 0 || row.statuses.owner === null) continue;
    expect([named(row), row.statuses.owner]).toEqual([named(row), row.statuses.user]);
  }
});
