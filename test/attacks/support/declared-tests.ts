import { resolve } from 'node:path';
import { format } from 'node:util';

const ROOT = resolve(__dirname, '../../..');

interface Scope {
  readonly path: string;
  readonly names: string[];
}

type Body = (...values: unknown[]) => unknown;
type Table = readonly unknown[];

/** A title as jest writes it for one row: `$name` of an object, `%s` of what comes in order. */
function titleOf(title: string, row: unknown): string {
  const named = title.replaceAll(/\$([\w.]+)/g, (whole, path: string) => {
    const value = path.split('.').reduce<unknown>((from, key) => Object(from)[key], row);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
  if (named !== title) return named;
  const values = Array.isArray(row) ? row : [row];
  const places = title.match(/%[sdifjo]/g)?.length ?? 0;
  return format(title, ...values.slice(0, places));
}

/** Stands in for `describe`, `it` and the hooks while a file of tests says what tests it has. */
function stubs(scope: Scope) {
  let { path } = scope;
  const inside = (title: string, body: () => void) => {
    const outer = path;
    path = path === '' ? title : `${path} ${title}`;
    body();
    path = outer;
  };
  const describe = (title: string, body: Body) => inside(title, () => void body());
  const it = (title: string) => void scope.names.push(path === '' ? title : `${path} ${title}`);
  const describeEach = (table: Table) => (title: string, body: Body) => {
    for (const row of table)
      inside(titleOf(title, row), () => void body(...(Array.isArray(row) ? row : [row])));
  };
  const itEach = (table: Table) => (title: string) => {
    for (const row of table) it(titleOf(title, row));
  };
  const hook = () => {};
  const every = Object.assign(it, { each: itEach, skip: Object.assign(it, { each: itEach }) });
  return {
    describe: Object.assign(describe, { each: describeEach }),
    it: every,
    beforeAll: hook,
    beforeEach: hook,
    afterAll: hook,
    afterEach: hook,
  };
}

/** The full names of the tests that a file declares, without running any. */
export function declaredTests(file: string): string[] {
  const scope: Scope = { path: '', names: [] };
  const stub = stubs(scope);
  const global = globalThis as unknown as Record<string, unknown>;
  const real = Object.keys(stub).map((name) => [name, global[name]] as const);
  Object.assign(global, stub);
  try {
    jest.isolateModules(() => void require(resolve(ROOT, file)));
  } finally {
    for (const [name, value] of real) global[name] = value;
  }
  return scope.names;
}
