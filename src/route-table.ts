import { type DynamicModule, RequestMethod, type Type, VERSION_NEUTRAL } from '@nestjs/common';
import { type AccessPolicy, policyOf } from './common/access/access-policy';
import { type LimitName, RateLimited } from './limits/rate-limit.decorator';

/** Every Nest route lives under both; OpenAPI and this table show the first. */
export const API_PREFIX = 'api';
export const API_VERSION = '1';

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly policy: AccessPolicy | undefined;
  readonly limit: LimitName;
  /** Outside the versioned API. */
  readonly isAtRoot: boolean;
}

type Handler = () => unknown;
type Controller = Type<object>;

/** Every route of a module and of those it imports, by path. Reads decorators; starts nothing. */
export function routesOf(module: DynamicModule | Type): Route[] {
  return [...controllersOf(module)]
    .flatMap(routesOfController)
    .toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
}

/** @throws naming every route that declares no policy */
export function demandPolicies(routes: readonly Route[]): void {
  const open = routes.filter(({ policy }) => !policy);
  if (open.length === 0) return;
  const names = open.map(({ method, path }) => `${method} ${path}`);
  throw new Error(`No access policy is declared on: ${names.join(', ')}`);
}

const withoutVersion = (path: string): string =>
  path.replace(`/${API_PREFIX}/v${API_VERSION}/`, `/${API_PREFIX}/`);

/** Tells a route's limit by its method and the template that Fastify knows it by. */
export function limitsByRoute(routes: readonly Route[]) {
  const limits = new Map(
    routes.flatMap(({ method, path, limit }) => [
      [`${method} ${path}`, limit],
      [`${method} ${withoutVersion(path)}`, limit],
    ]),
  );
  // Fastify answers HEAD by the handler of GET.
  return (method: string, route = ''): LimitName =>
    limits.get(`${method === 'HEAD' ? 'GET' : method} ${route}`) ?? 'requests';
}

export function renderRoutes(routes: readonly Route[]): string {
  const rows = routes.map(({ method, path, policy, limit }) => [
    method,
    path,
    describePolicy(policy),
    limit,
  ]);
  const all = [['METHOD', 'PATH', 'POLICY', 'RATE LIMIT'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const describePolicy = (policy: AccessPolicy | undefined): string =>
  policy
    ? [
        policy.who,
        ...(policy.roles ?? []),
        ...(policy.permissions ?? []),
        ...(policy.premium ? ['premium'] : []),
        ...(policy.verifiedEmail ? ['verified e-mail'] : []),
        ...(policy.bearerOnly ? ['no cookies'] : []),
      ].join(', ')
    : 'none';

function controllersOf(
  module: DynamicModule | Type,
  seen = new Set<unknown>(),
  found = new Set<Controller>(),
): Set<Controller> {
  if (seen.has(module)) return found;
  seen.add(module);
  const isDynamic = 'module' in module;
  const declared = isDynamic ? module.module : module;
  const lists = (key: 'imports' | 'controllers'): unknown[] => [
    ...((Reflect.getMetadata(key, declared) as unknown[] | undefined) ?? []),
    ...((isDynamic ? module[key] : undefined) ?? []),
  ];
  lists('controllers').forEach((controller) => found.add(controller as Controller));
  lists('imports')
    .filter((item) => !(item instanceof Promise))
    .forEach((item) => controllersOf(item as DynamicModule, seen, found));
  return found;
}

function routesOfController(controller: Controller): Route[] {
  const isAtRoot = Reflect.getMetadata('__version__', controller) === VERSION_NEUTRAL;
  const prefix = isAtRoot ? '' : `${API_PREFIX}/v${API_VERSION}`;
  const prototype = controller.prototype as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype)
    .map((name) => prototype[name]!)
    .filter((handler) => Reflect.hasMetadata('method', handler))
    .flatMap((handler) =>
      pathsOf(controller).flatMap((base) =>
        pathsOf(handler).map((path) => ({
          method: RequestMethod[Reflect.getMetadata('method', handler) as RequestMethod],
          path: `/${[prefix, base, path].filter((part) => part !== '').join('/')}`,
          policy: policyOf(handler, controller),
          limit: limitOf(handler, controller),
          isAtRoot,
        })),
      ),
    );
}

const limitOf = (handler: Handler, controller: Controller): LimitName =>
  (Reflect.getMetadata(RateLimited.KEY, handler) as LimitName | undefined) ??
  (Reflect.getMetadata(RateLimited.KEY, controller) as LimitName | undefined) ??
  'requests';

const pathsOf = (target: object): string[] =>
  [Reflect.getMetadata('path', target) as string | string[]]
    .flat()
    .map((path) => path.replaceAll(/^\/|\/$/g, ''));
