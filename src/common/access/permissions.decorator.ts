import type { Permission } from './permissions';
import { demand } from './signed-in.decorator';

/** Only callers whose role grants all of `permissions` pass: others get 403 `forbidden`. */
export const Permissions = (...permissions: readonly [Permission, ...Permission[]]) =>
  demand({ permissions });
