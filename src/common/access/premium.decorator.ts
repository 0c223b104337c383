import { demand } from './signed-in.decorator';

/** Only callers whose premium has not run out at this moment pass: others get 403 `premium_required`. */
export const Premium = () => demand({ premium: true });
