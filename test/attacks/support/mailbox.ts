import { setTimeout } from 'node:timers/promises';
import type { Target } from './target';

export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly links: readonly string[];
}

/** How long between two looks into the mailbox, which reads every mail it has. */
const PAUSE_MS = 50;

/** The mails to this address, oldest first. */
export async function mailsTo(target: Target, address: string): Promise<Mail[]> {
  const { body } = await target.client().get(`${target.mailboxUrl}/messages`);
  const mails = (body.messages as Mail[]).filter(({ to }) => to === address).toReversed();
  for (const link of mails.flatMap(({ links }) => links))
    target.secrets.addFromQuery(link.split('?')[1] ?? '');
  target.secrets.add(address);
  return mails;
}

/** The first mail to this address with such a subject, after the first `skip` mails to it. */
export async function waitForMail(
  target: Target,
  address: string,
  subject: RegExp,
  skip = 0,
): Promise<Mail> {
  for (;;) {
    // One look after the other.
    // oxlint-disable-next-line no-await-in-loop
    const mails = await mailsTo(target, address);
    const mail = mails.slice(skip).find((one) => subject.test(one.subject));
    if (mail) return mail;
    // oxlint-disable-next-line no-await-in-loop
    await setTimeout(PAUSE_MS);
  }
}

/** The link in a mail that carries a token. */
export function linkIn({ links, subject }: Mail): URL {
  const link = links.map((url) => new URL(url)).find((url) => url.searchParams.has('token'));
  if (!link) throw new Error(`no link in "${subject}"`);
  return link;
}

export const linkTokenIn = (mail: Mail): string => linkIn(mail).searchParams.get('token')!;
