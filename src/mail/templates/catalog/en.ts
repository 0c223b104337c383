import type { MailCatalog } from '../mail-catalog';

const LINK_LIFE = 'The link is good for {{expires_in}} and works once.';

export const en: MailCatalog = {
  language: 'en',
  greeting: 'Hello {{username}},',
  linkHint: 'If the button does not work, open this address in your browser:',
  details: {
    time: 'When',
    device: 'Device',
    ip: 'IP address',
    signed_in_with: 'Signed in with',
  },
  help: 'Questions? Write to {{support_email}}.',
  reason: '{{company}} sent you this message because it concerns your account.',
  mails: {
    email_verification: {
      subject: 'Confirm your e-mail address for {{company}}',
      preheader: 'One step is left before your account is ready.',
      heading: 'Confirm your e-mail address',
      paragraphs: [
        'Welcome to {{company}}. One step is left: confirm that this address is yours, and your account is ready to use.',
      ],
      button: 'Confirm e-mail address',
      note: LINK_LIFE,
      closing:
        'If you did not sign up, you can ignore this message. The address stays unconfirmed unless the link is used.',
    },
    password_reset: {
      subject: 'Reset your {{company}} password',
      preheader: 'Choose a new password for your account.',
      heading: 'Reset your password',
      paragraphs: [
        'We received a request to reset the password of your {{company}} account. Choose a new one here; doing so signs you out on every device.',
      ],
      button: 'Choose a new password',
      note: LINK_LIFE,
      closing:
        'If you did not ask for this, you can ignore this message. Your password stays as it is.',
    },
    password_changed: {
      subject: 'Your {{company}} password was changed',
      preheader: 'If this was you, there is nothing left to do.',
      heading: 'Your password was changed',
      paragraphs: [
        'The password of your {{company}} account was just changed, and your other sessions were signed out. If this was you, there is nothing left to do.',
      ],
      closing:
        'If this was not you, choose “Forgot password” on the sign-in page now and set a new one. That locks out whoever changed it.',
    },
    email_change_confirm: {
      subject: 'Confirm your new e-mail address for {{company}}',
      preheader: 'Your account moves to this address once you confirm it.',
      heading: 'Confirm your new e-mail address',
      paragraphs: [
        'You asked to change the e-mail address of your {{company}} account to {{new_email}}. Confirm that this address is yours to complete the change; your other sessions are then signed out.',
      ],
      button: 'Confirm new address',
      note: LINK_LIFE,
      closing:
        'If you did not ask for this, you can ignore this message. Nothing changes unless the link is used.',
    },
    email_change_notice: {
      subject: 'A new e-mail address was requested for your {{company}} account',
      preheader: 'Your current address stays in place until the new one is confirmed.',
      heading: 'A change of your e-mail address was requested',
      paragraphs: [
        'Someone signed in to your {{company}} account asked to change its e-mail address to {{new_email}}. Until that address is confirmed, this one stays in place.',
        'If this was you, there is nothing to do here: we sent the link to the new address.',
      ],
      closing:
        'If this was not you, change your password now. That signs out everyone else and stops the change.',
    },
    email_changed: {
      subject: 'Your {{company}} e-mail address was changed',
      preheader: 'Your account now uses another address.',
      heading: 'Your e-mail address was changed',
      paragraphs: [
        'Your {{company}} account now uses {{new_email}}. From here on we write to that address, and this one can no longer be used to sign in.',
      ],
      closing:
        'If this was not you, contact us right away: a password reset would now go to the new address.',
    },
    refresh_token_reused: {
      subject: 'We ended a session of your {{company}} account',
      preheader: 'A sign-in key was used twice, so we ended its session.',
      heading: 'We ended one of your sessions',
      paragraphs: [
        'A key that keeps you signed in to {{company}} was used a second time. Someone may have copied it, so we ended the session it belongs to. Your other sessions and your password are unchanged.',
        'Please sign in again where you were signed out.',
      ],
      closing:
        'If you do not recognise this, or it happens again, change your password: that ends all other sessions too.',
    },
    new_sign_in: {
      subject: 'New sign-in to your {{company}} account',
      preheader: 'It came from a device that was not used with your account lately.',
      heading: 'New sign-in to your account',
      paragraphs: [
        'Your {{company}} account was just signed in to from a device that was not used with it lately. If this was you, there is nothing left to do.',
      ],
      closing:
        'If this was not you, choose “Forgot password” on the sign-in page now and set a new one: that ends every session. If you sign in with another service, change your password there too. Then look through your linked accounts and your list of sessions, and end what you do not know.',
    },
    already_registered: {
      subject: 'You already have an account at {{company}}',
      preheader: 'Someone tried to sign up with your address.',
      heading: 'You already have an account',
      paragraphs: [
        'Someone tried to sign up to {{company}} with this address, but it already belongs to your account. If it was you, sign in instead. Your username is {{username}}.',
        'If the password has slipped your mind, choose “Forgot password” on the sign-in page.',
      ],
      closing: 'If it was not you, there is nothing to do. Your account is unchanged.',
    },
    invitation: {
      subject: 'Your {{company}} account is waiting for you',
      preheader: 'Choose a password to start using it.',
      heading: 'You have been invited',
      paragraphs: [
        'An account has been made for you at {{company}}. Your username is {{username}}. Choose a password to start using it.',
      ],
      button: 'Choose a password',
      note: `${LINK_LIFE} Later, “Forgot password” on the sign-in page sends you another.`,
      closing:
        'If you were not expecting this, you can ignore this message. Nobody can sign in until a password has been chosen.',
    },
    sign_in_method_linked: {
      subject: '{{method}} can now sign in to your {{company}} account',
      preheader: 'A new way to sign in was added.',
      heading: 'A sign-in method was added',
      paragraphs: [
        'You can now sign in to your {{company}} account with {{method}}. Your other ways to sign in work as before.',
      ],
      closing:
        'If this was not you, remove {{method}} from your linked accounts and change your password.',
    },
    sign_in_method_unlinked: {
      subject: '{{method}} was removed from your {{company}} account',
      preheader: 'A way to sign in was removed.',
      heading: 'A sign-in method was removed',
      paragraphs: [
        '{{method}} can no longer be used to sign in to your {{company}} account. Your other ways to sign in work as before.',
      ],
      closing: 'If this was not you, change your password and check your linked accounts.',
    },
    account_reclaimed: {
      subject: 'Your {{company}} account is yours now',
      preheader: 'You signed in with {{method}}, which proved that the address is yours.',
      heading: 'Your account is yours now',
      paragraphs: [
        'An account at {{company}} was waiting for this address to be confirmed. You have just confirmed it by signing in with {{method}}.',
        'Since somebody else could have made that account, its password no longer works and whoever was signed in to it was signed out. To sign in with a password too, choose “Forgot password” on the sign-in page and set a new one.',
      ],
      closing: 'If this was not you, change the password of your {{method}} account.',
    },
    farewell: {
      subject: 'Your {{company}} account was deleted',
      preheader: 'Your account and personal data are gone.',
      heading: 'Your account was deleted',
      paragraphs: [
        'Your {{company}} account and the personal data in it were deleted, and you were signed out everywhere. This is the last message you get from us about it.',
        'Thank you for the time you spent with us.',
      ],
      closing: 'If you did not ask for this, please contact us.',
    },
  },
};
