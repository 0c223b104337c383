import { demand } from './signed-in.decorator';

/**
 * As `SignedIn`, but only a token in the Authorization header signs in here: for a GET that does
 * something, since a link elsewhere sends cookies along and proves nothing, and for clients that
 * know no cookies.
 */
export const BearerOnly = () => demand({ bearerOnly: true });
