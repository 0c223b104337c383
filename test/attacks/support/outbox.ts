import type { Mail } from './mailbox';
import type { Target } from './target';
import { until } from '../../support/until';

interface OwedMail {
  readonly recipient: string;
  readonly status: 'unsent' | 'sent' | 'failed';
}

/** A mail with all that is in it. */
export interface WholeMail extends Mail {
  readonly text: string;
  readonly html: string;
}

/**
 * Waits until nothing is owed to an address that `isMeant`: then a mail that has not come will not
 * come. Needs 'admin'.
 */
export async function mailsSettled(
  target: Target,
  isMeant: (address: string) => boolean,
): Promise<void> {
  await until(async () => {
    const token = await target.adminToken();
    const { body } = await target.client().get('mails?limit=100&status=unsent', { token });
    return (body as OwedMail[]).every(({ recipient }) => !isMeant(recipient));
  });
}

/** Every mail to an address that `isMeant`, newest first. */
export async function mailsThat(
  target: Target,
  isMeant: (address: string) => boolean,
): Promise<WholeMail[]> {
  const { body } = await target.client().get(`${target.mailboxUrl}/messages`);
  const meant = (body.messages as Mail[]).filter(({ to }) => isMeant(to));
  return Promise.all(
    meant.map(async ({ id }) => {
      const answer = await target.client().get(`${target.mailboxUrl}/messages/${id}`);
      return answer.body as WholeMail;
    }),
  );
}
