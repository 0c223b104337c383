import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { VARIABLES } from '../../src/config/variables';

const DEPLOY = resolve(__dirname, '../../deploy');
const manifests = readdirSync(join(DEPLOY, 'kubernetes')).map((name) => ({
  name,
  text: readFileSync(join(DEPLOY, 'kubernetes', name), 'utf8'),
}));
const textOf = (name: string): string => manifests.find((file) => file.name === name)!.text;
const routes = readFileSync(join(__dirname, 'routes.txt'), 'utf8');
const known = Object.values(VARIABLES).flatMap((group) => Object.keys(group));

it('sets no variable that the service does not read', () => {
  const set = manifests.flatMap(({ text }) => [
    ...[...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name),
    ...[...text.matchAll(/name: ([A-Z][A-Z0-9_]+),/g)].map(([, name]) => name),
  ]);
  expect(set).toEqual(expect.arrayContaining(['SECRET_KEY', 'TRUST_PROXY', 'PROCESS_ROLE']));
  expect(set.filter((name) => !known.includes(name!))).toEqual([]);
});

it('sets what production does not start without', () => {
  const text = textOf('config.yaml') + textOf('secret.example.yaml');
  for (const name of ['NODE_ENV', 'SECRET_KEY', 'DATABASE_URL', 'FROM_EMAIL', 'SMTP_HOST'])
    expect(text).toMatch(new RegExp(`^ {2}${name}: `, 'm'));
});

it('probes routes that there are', () => {
  const probed = manifests.flatMap(({ text }) =>
    [...text.matchAll(/httpGet: \{ path: (\S+),/g)].map(([, path]) => path!),
  );
  expect(new Set(probed)).toEqual(new Set(['/api/v1/health/live', '/api/v1/health/ready']));
  for (const path of probed) expect(routes).toMatch(new RegExp(`GET +${path} `));
});

it('lets through to the service what it serves, and not its metrics', () => {
  const prefixes = [...textOf('network.yaml').matchAll(/path: (\/\S+?),?\s/g)].map(
    ([, path]) => path!,
  );
  const paths = [...routes.matchAll(/^[A-Z]+ +(\/\S+)/gm)]
    .map(([, path]) => path!)
    .filter((path) => !path.startsWith('/dev/'));
  const shut = paths.filter((path) => !prefixes.some((prefix) => path.startsWith(prefix)));
  expect(shut).toEqual(['/metrics']);
});

it('applies every manifest but the example of a secret', () => {
  const applied = [...textOf('kustomization.yaml').matchAll(/^ {2}- (\S+\.yaml)$/gm)].map(
    ([, name]) => name,
  );
  const there = manifests
    .map(({ name }) => name)
    .filter((name) => !['kustomization.yaml', 'secret.example.yaml'].includes(name));
  expect(new Set(applied)).toEqual(new Set(there));
});

it('runs as nobody in particular, on a root that cannot be written', () => {
  for (const name of ['api.yaml', 'worker.yaml', 'migrate.yaml']) {
    for (const guard of [
      'runAsNonRoot: true',
      'readOnlyRootFilesystem: true',
      'allowPrivilegeEscalation: false',
      'capabilities: { drop: [ALL] }',
      'automountServiceAccountToken: false',
    ])
      expect(textOf(name)).toContain(guard);
  }
});
