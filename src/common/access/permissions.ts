import type { Role } from './principal';

/** What each role may do besides looking after its own account. The one place where that is said. */
const GRANTS = {
  guest: [],
  user: ['profiles:read'],
  admin: [
    'profiles:read',
    'users:read',
    'users:write',
    'users:delete',
    'sessions:manage',
    'subscriptions:write',
    'audit:read',
    'mail:manage',
  ],
} as const satisfies Record<Role, readonly string[]>;

export type Permission = (typeof GRANTS)[Role][number];

export const permissionsOf = (role: Role): readonly Permission[] => GRANTS[role];

export const isGranted = (role: Role, permission: Permission): boolean =>
  permissionsOf(role).includes(permission);
