import type { Role } from './principal';
import { demand } from './signed-in.decorator';

/** Only callers who have one of `roles` at this moment pass: others get 403 `forbidden`. */
export const Roles = (...roles: readonly [Role, ...Role[]]) => demand({ roles });
