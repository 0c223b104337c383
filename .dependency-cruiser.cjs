/** The allowed module graph, in code: a line here is the only way to add an edge. */
const EDGES = {
  // layer 0: leaves
  config: [],
  telemetry: [],
  redis: ['config'],
  common: ['config'],
  database: ['common', 'config'],
  // layer 1: capabilities that know no feature
  queue: ['config', 'redis', 'database'],
  tokens: ['common', 'config', 'database', 'audit'],
  limits: ['common', 'config', 'telemetry', 'redis', 'database'],
  audit: ['common', 'telemetry', 'database'],
  mail: ['common', 'config', 'telemetry', 'database', 'queue'],
  // layer 2: identity
  users: ['common', 'config', 'database', 'audit'],
  // layer 3: proof
  auth: ['common', 'config', 'telemetry', 'database', 'tokens', 'limits', 'audit', 'mail', 'users'],
  // layer 4: entry points
  oauth: ['common', 'config', 'telemetry', 'database', 'tokens', 'audit', 'mail', 'users', 'auth'],
  admin: ['common', 'config', 'database', 'limits', 'audit', 'mail', 'users', 'auth'],
  account: ['common', 'config', 'database', 'limits', 'audit', 'mail', 'users', 'auth'],
  retention: ['common', 'config', 'database', 'tokens', 'limits', 'audit', 'auth', 'oauth'],
  pages: ['common', 'config', 'auth', 'users'],
  fastlaunch: ['common', 'config', 'limits', 'users', 'auth'],
  health: ['common', 'limits', 'mail'],
  metrics: ['common', 'config', 'telemetry', 'database', 'limits', 'mail'],
  docs: ['common', 'limits'],
  dev: ['common', 'config', 'mail'],
  cli: [
    'common',
    'config',
    'telemetry',
    'database',
    'redis',
    'tokens',
    'limits',
    'audit',
    'mail',
    'users',
    'auth',
    'admin',
  ],
};
/** These reach the composition root (`src/*.ts`) as well. */
const ROOT_CLIENTS = ['cli', 'docs'];
const FLOWS =
  'registration|login|refresh|logout|email-verification|password-reset|password-change|email-change|invitation|introspection|jwks';
const BLOCKS = 'passwords|sessions|identities|cookies|deletion';

const edgeRules = Object.entries(EDGES).map(([from, targets]) => ({
  name: `edges-of-${from}`,
  severity: 'error',
  comment: `src/${from} may import only: ${targets.join(', ') || 'nothing of ours'}`,
  from: { path: `^src/${from}/`, pathNot: 'spec\\.ts$' },
  to: {
    path: '^src/',
    pathNot: [
      `^src/${from}/`,
      ...targets.map((target) => `^src/${target}/`),
      ...(ROOT_CLIENTS.includes(from) ? ['^src/[^/]+\\.ts$'] : []),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...edgeRules,
    {
      name: 'every-module-has-edges',
      severity: 'error',
      comment: 'A new folder under src gets a line in EDGES first.',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: Object.keys(EDGES).map((name) => `^src/${name}/`) },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'no-controller-imports',
      severity: 'error',
      comment: 'Controllers are entry points: only their module knows them.',
      from: { pathNot: '\\.module\\.ts$|spec\\.ts$' },
      to: { path: '\\.controller\\.ts$' },
    },
    {
      name: 'controllers-do-not-touch-data',
      severity: 'error',
      from: { path: '\\.controller\\.ts$' },
      to: {
        path: '\\.(repository|entity)\\.ts$|node_modules/(typeorm|pg)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'sql-stays-in-repositories',
      severity: 'error',
      comment: 'Entities are columns, repositories are SQL; nobody else meets TypeORM or pg.',
      from: {
        path: '^src/',
        pathNot: [
          '\\.(repository|entity)\\.ts$',
          '^src/(database|cli)/',
          '^src/data-source\\.ts$',
          '^src/limits/(limit-store|rate-limits)\\.ts$',
          '^src/health/health\\.service\\.ts$',
          'spec\\.ts$',
        ],
      },
      to: { path: 'node_modules/(typeorm|pg)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'repositories-stay-in-their-module',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: 'spec\\.ts$' },
      to: { path: '\\.repository\\.ts$', pathNot: '^src/$1/' },
    },
    {
      name: 'auth-flows-are-siblings',
      severity: 'error',
      comment: 'Flows never import each other; what they share is a block or lies beside them.',
      from: { path: `^src/auth/(${FLOWS})/` },
      to: { path: `^src/auth/(${FLOWS})/`, pathNot: '^src/auth/$1/' },
    },
    {
      name: 'auth-blocks-do-not-know-flows',
      severity: 'error',
      from: { path: `^src/auth/(${BLOCKS})/` },
      to: { path: `^src/auth/(${FLOWS})/` },
    },
    {
      name: 'development-code-is-loaded-by-the-root-only',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(dev/|app\\.module\\.ts)|^src/problem-map\\.ts$|spec\\.ts$',
      },
      to: { path: '^src/dev/' },
    },
    {
      name: 'no-test-code-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: 'spec\\.ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      severity: 'error',
      from: { path: '^src/', pathNot: 'spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
