import { demand } from './signed-in.decorator';

/** Only callers with a live session and a verified address pass: others get 403 `email_not_verified`. */
export const VerifiedEmail = () => demand({ verifiedEmail: true });
